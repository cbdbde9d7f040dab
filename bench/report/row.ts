import type { Figure, Unit } from '../figure.js';
import { median } from '../statistics.js';
import { isMet, targets, type Target } from '../targets.js';

/** A figure as it is shown. */
export interface Row {
  readonly label: string;
  /** Median of the rounds. */
  readonly median: string;
  /** Lowest and highest round; empty with one round. */
  readonly spread: string;
  readonly target: string;
  readonly verdict: 'met' | 'missed' | '';
}

const DIGITS: Readonly<Record<Unit, number>> = {
  µs: 1,
  ms: 1,
  times: 2,
  '%': 1,
  'per second': 0,
  bytes: 0,
  MB: 1,
  requests: 0,
  events: 0,
};

/** A value with its digits, without its unit. */
export function formatValue(value: number, unit: Unit): string {
  const digits = DIGITS[unit];
  return new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

function withUnit(text: string, unit: Unit): string {
  if (unit === 'times') return `${text} ×`;
  if (unit === 'per second') return `${text} /s`;
  return `${text} ${unit}`;
}

function describeTarget(target: Target, unit: Unit): string {
  return 'atLeast' in target
    ? `≥ ${withUnit(String(target.atLeast), unit)}`
    : `≤ ${withUnit(String(target.atMost), unit)}`;
}

/** Makes the row of a figure. */
export function rowOf({ id, label, unit, samples }: Figure): Row {
  const middle = median(samples);
  const target = targets[id];
  const verdict = target === undefined ? '' : isMet(target, middle) ? 'met' : 'missed';
  const ends = [Math.min(...samples), Math.max(...samples)].map((value) => formatValue(value, unit));
  return {
    label,
    median: withUnit(formatValue(middle, unit), unit),
    spread: samples.length > 1 ? ends.join(' – ') : '',
    target: target === undefined ? '' : describeTarget(target, unit),
    verdict,
  };
}
