import type { AttributionClient } from 'clevertap-attribution';

const BAR = 28;

/** Shows how far the demo is: one line redrawn on a terminal, a line every second elsewhere. */
export function showProgress(client: AttributionClient, total: number, done: () => number): { stop(): void } {
  const startedAt = performance.now();
  const onTerminal = process.stdout.isTTY;
  const draw = () => {
    const { delivered, retries, inFlight, failed } = client.counters();
    const share = done() / total;
    const perSecond = Math.round(done() / ((performance.now() - startedAt) / 1000));
    const inTrouble = client
      .regions()
      .filter(({ retryBudget }) => retryBudget < 1)
      .map(({ region }) => region);
    const bar = '█'.repeat(Math.round(share * BAR)).padEnd(BAR, '░');
    const line =
      `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${perSecond}/s  delivered ${delivered}  failed ${failed}  ` +
      `retries ${retries}  in flight ${inFlight}${inTrouble.length > 0 ? `  waiting for ${inTrouble.join(', ')}` : ''}`;
    process.stdout.write(onTerminal ? `\r\u001b[K${line}` : `${line}\n`);
  };
  const timer = setInterval(draw, onTerminal ? 100 : 1_000);
  return {
    stop() {
      clearInterval(timer);
      draw();
      if (onTerminal) process.stdout.write('\n');
    },
  };
}
