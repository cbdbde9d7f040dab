/**
 * The main job, to watch: starts an emulator of CleverTap's endpoint, makes a file of events of all three kinds for
 * projects in all seven regions, forwards it through a spell of trouble, and holds the books against the emulator's.
 *
 * Run it with `npm run demo`; `npm run demo -- 50000` forwards that many events.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AttributionClient, type ForwardItem } from 'clevertap-attribution';
import { startEmulator } from 'clevertap-attribution/testing';
import { RecordedEvents, reconcile, Results } from './books.js';
import { projects, staleProject, writeRecords } from './events.js';
import { showProgress } from './progress.js';
import { trouble, troubleInWords } from './trouble.js';

const count = Number(process.argv[2] ?? 12_000);
const folder = await mkdtemp(join(tmpdir(), 'clevertap-attribution-demo-'));
const file = join(folder, 'events.ndjson');

async function* readItems(path: string): AsyncGenerator<ForwardItem> {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    yield JSON.parse(line) as ForwardItem;
  }
}

try {
  const recorded = new RecordedEvents();
  await using emulator = await startEmulator({
    accounts: [...projects, { ...staleProject, projectPasscode: 'demo-passcode-after-rotation' }],
    partners: ['airbridge'],
    seed: 42,
    keep: 0,
    onRequest: (entry) => recorded.note(entry),
  });
  const { mistaken } = await writeRecords(file, count);
  console.log(`Forwarding ${count} events from ${file} to ${projects.length + 1} projects in 7 regions,`);
  console.log(`through ${troubleInWords}.\n`);
  for (const fault of trouble) emulator.faults.add(fault);

  const credentials = new Map([...projects, staleProject].map((project) => [project.projectId, project]));
  await using client = new AttributionClient({
    partnerName: 'airbridge',
    baseUrl: emulator.baseUrl,
    timeoutMs: 2_000,
    retry: { initialDelayMs: 100, maxDelayMs: 1_000 },
  });

  const startedAt = performance.now();
  const results = new Results();
  const progress = showProgress(client, count, () => results.all.length);
  for await (const result of client.forward(readItems(file), {
    credentials: (projectId) => credentials.get(projectId),
  })) {
    results.note(result);
  }
  progress.stop();

  console.log(`\nDone in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n`);
  console.table(Object.fromEntries([...results.byProject].sort()));
  console.log('By reason:');
  for (const [reason, times] of [...results.byReason].sort()) console.log(`  ${String(times).padStart(5)}  ${reason}`);
  const { attempts, retries, maybeDuplicate, unconfirmed } = client.counters();
  console.log(
    `\n${attempts} requests, ${retries} of them retries; ${maybeDuplicate} deliveries may be there twice, ${unconfirmed} came without the word "success".\n`,
  );

  const checks = reconcile(count, mistaken, results, client.counters(), recorded, emulator.counts);
  for (const { what, holds } of checks) console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (checks.some(({ holds }) => !holds)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
