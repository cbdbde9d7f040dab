import { z } from 'zod';
import { regions, type RegionCode } from './contract/regions.js';
import { isLogger, LOG_LEVELS, type Logger } from './observe/logger.js';

/** A whole number, at least 1. */
export function count(fallback: number) {
  const error = 'must be a whole number, at least 1';
  return z.int({ error }).min(1, { error }).default(fallback);
}

/** A time in milliseconds. */
export function durationMs() {
  const error = 'must be a number of milliseconds greater than 0';
  return z.number({ error }).positive({ error });
}

/** How long one attempt may take, in milliseconds. */
export const timeoutMs = durationMs().max(2 ** 31 - 1, { error: 'must be less than 2^31 milliseconds' });

/** How long an event may take, in milliseconds, or `Infinity`. */
export const deadlineMs = z.custom<number>((value) => typeof value === 'number' && value > 0, {
  error: 'must be a number of milliseconds greater than 0, or Infinity',
});

/** Something to switch on. */
export const flag = z.boolean({ error: 'must be true or false' }).default(false);

/** Codes of all regions. */
export const regionCodes = regions.map(({ code }) => code) as [RegionCode, ...RegionCode[]];

/** Whether a value can be called. */
export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

/** Where to log to; the outbox takes the same. */
export const loggerSchema = z
  .custom<Logger>(isLogger, { error: `must be a function, or a logger with the methods ${LOG_LEVELS.join(', ')}` })
  .optional();

/** Least level that is logged; the outbox takes the same. */
export const logLevelSchema = z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).optional();
