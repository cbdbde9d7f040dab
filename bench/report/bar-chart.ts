import type { Figure, FigureGroup } from '../figure.js';
import { median } from '../statistics.js';
import { formatValue } from './row.js';

const WIDTH = 900;
const LABEL_WIDTH = 360;
const VALUE_WIDTH = 110;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 26;
const HEADING_HEIGHT = 44;
const MARGIN = 16;

const BAR_LEFT = MARGIN + LABEL_WIDTH;
const BAR_SPACE = WIDTH - BAR_LEFT - VALUE_WIDTH - MARGIN;

function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function bar({ label, unit, samples }: Figure, top: number, scale: (value: number) => number): string[] {
  const middle = median(samples);
  const [left, right] = [Math.min(...samples), Math.max(...samples)].map((value) => BAR_LEFT + scale(value));
  const centre = top + BAR_HEIGHT / 2;
  const ours = label.startsWith('client.');
  return [
    `<text x="${BAR_LEFT - 8}" y="${centre + 4}" text-anchor="end">${escape(label)}</text>`,
    `<rect x="${BAR_LEFT}" y="${top}" width="${scale(middle).toFixed(1)}" height="${BAR_HEIGHT}" fill="${ours ? '#0b7a75' : '#9fb3c8'}"/>`,
    `<path d="M${left?.toFixed(1) ?? ''} ${centre}H${right?.toFixed(1) ?? ''}" stroke="#1f2933" stroke-width="1.5"/>`,
    `<text x="${WIDTH - MARGIN}" y="${centre + 4}" text-anchor="end">${formatValue(middle, unit)} ${unit}</text>`,
  ];
}

/** Groups of figures as bars under each other, a line over each bar from the lowest round to the highest; as SVG. */
export function barChart(groups: readonly FigureGroup[], provenance: string): string {
  const lines: string[] = [];
  let top = MARGIN;
  for (const { title, figures } of groups) {
    const highest = Math.max(...figures.flatMap(({ samples }) => samples));
    const scale = (value: number) => (value / highest) * BAR_SPACE;
    lines.push(`<text x="${MARGIN}" y="${top + 26}" font-size="15" font-weight="bold">${escape(title)}</text>`);
    top += HEADING_HEIGHT;
    for (const figure of figures) {
      lines.push(...bar(figure, top, scale));
      top += ROW_HEIGHT;
    }
    top += MARGIN;
  }
  lines.push(`<text x="${MARGIN}" y="${top + 14}" font-size="11">${escape(provenance)}</text>`);
  const height = top + 14 + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" fill="#1f2933">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
