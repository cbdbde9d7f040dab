import type { FigureGroup } from '../figure.js';
import { rowOf, type Row } from './row.js';

const HEADINGS: Row = { label: '', median: 'median', spread: 'lowest – highest', target: 'target', verdict: '' };

function cellsOf({ label, median, spread, target, verdict }: Row): string[] {
  return [label, median, spread, target, verdict];
}

/** A group of figures as a table for a terminal. */
export function terminalTable({ title, figures, note }: FigureGroup): string {
  const lines = [{ ...HEADINGS, label: title }, ...figures.map(rowOf)].map(cellsOf);
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const text = lines.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  text.splice(1, 0, '─'.repeat(Math.max(...text.map((line) => line.length))));
  return [...text, ...(note === undefined ? [] : [note])].join('\n');
}
