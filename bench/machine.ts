import { availableParallelism, cpus, totalmem } from 'node:os';

/** What the figures were measured on and when, in a line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gigabytes = Math.round(totalmem() / 1024 ** 3);
  const date = new Date().toISOString().slice(0, 10);
  return `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${model}, ${availableParallelism()} cores, ${gigabytes} GB, ${date}`;
}
