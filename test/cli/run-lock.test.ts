import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { hasEnded, ownIdentity } from '../../src/cli/process-identity.js';
import { lockPath, RunLock } from '../../src/cli/run-lock.js';
import { workFolder, type WorkFolder } from './work-folder.js';

const isLinux = process.platform === 'linux';
const id = (digit: number) => `${digit}`.repeat(36);

/** The pid of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version']);
  await once(child, 'exit');
  return child.pid ?? expect.unreachable();
}

function writeLock(folder: WorkFolder, holder: object, name = 'c.lock'): void {
  folder.write(name, JSON.stringify({ ...ownIdentity(), id: id(1), ...holder }));
}

describe('the lock of a checkpoint', () => {
  it('names the process while it is held, and is gone afterwards', () => {
    const folder = workFolder();
    const lock = new RunLock(folder.at('c'));
    expect(readdirSync(folder.path)).toEqual(['c.lock']);
    expect(JSON.parse(readFileSync(lockPath(folder.at('c')), 'utf8'))).toMatchObject({
      pid: process.pid,
      host: hostname(),
    });
    if (process.platform !== 'win32') expect(statSync(lockPath(folder.at('c'))).mode & 0o777).toBe(0o600);
    lock.release();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('keeps a second run out, telling who has it and what to do', () => {
    const folder = workFolder();
    const lock = new RunLock(folder.at('c'));
    expect(() => new RunLock(folder.at('c'))).toThrow(
      `process ${process.pid} on ${hostname()} holds ${folder.at('c.lock')}; wait for its end`,
    );
    expect(readdirSync(folder.path)).toEqual(['c.lock']);
    lock.release();
    new RunLock(folder.at('c')).release();
  });

  it('is told of as one whose end cannot be seen where it was made elsewhere, and which file may be removed when', () => {
    const folder = workFolder();
    writeLock(folder, { host: 'batch-7', pid: 4_321 });
    const path = folder.at('c.lock');
    const take = () => new RunLock(folder.at('c'));
    expect(take).toThrow(`${path} is the lock of process 4321 on batch-7, another machine or container than this one`);
    expect(take).toThrow(
      `Once batch-7 is gone, or has no process 4321 any more (there: ps -p 4321), it is safe to remove`,
    );
    rmSync(path);
    take().release();
  });

  it('is taken over from a process that has ended', async () => {
    const folder = workFolder();
    writeLock(folder, { pid: await endedPid() });
    const lock = new RunLock(folder.at('c'));
    expect(readdirSync(folder.path)).toEqual(['c.lock']);
    expect(JSON.parse(readFileSync(folder.at('c.lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  });

  it.runIf(isLinux)('is taken over where the pid is that of another process by now', () => {
    const folder = workFolder();
    writeLock(folder, { started: '1' });
    new RunLock(folder.at('c')).release();
    expect(existsSync(folder.at('c.lock'))).toBe(false);
  });

  it('is taken over by one run only: its claim comes before the lock', async () => {
    const folder = workFolder();
    writeLock(folder, { pid: await endedPid() });
    writeLock(folder, { id: id(2) }, `c.lock.${id(1)}`);
    expect(() => new RunLock(folder.at('c'))).toThrow(`process ${process.pid} on`);
    expect(readdirSync(folder.path).sort()).toEqual(['c.lock', `c.lock.${id(1)}`]);
  });

  it('is taken over also from a run that was killed while it took it over', async () => {
    const folder = workFolder();
    const pid = await endedPid();
    writeLock(folder, { pid });
    writeLock(folder, { pid, id: id(2) }, `c.lock.${id(1)}`);
    writeLock(folder, { pid, id: id(3) }, `c.lock.${id(2)}`);
    const lock = new RunLock(folder.at('c'));
    expect(readdirSync(folder.path)).toEqual(['c.lock']);
    lock.release();
  });

  it('stays with a process of another machine, of which nothing can be known', async () => {
    const folder = workFolder();
    const pid = await endedPid();
    writeLock(folder, { pid, host: 'elsewhere' });
    expect(() => new RunLock(folder.at('c'))).toThrow(`is the lock of process ${pid} on elsewhere`);
  });

  it.each(['', 'mine', '{}', `{"pid":-1,"host":"h","id":"${id(1)}"}`, '{"pid":1,"host":"h","id":"../../x"}'])(
    'is not taken from a file that names no process: %j',
    (text) => {
      const folder = workFolder();
      folder.write('c.lock', text);
      expect(() => new RunLock(folder.at('c'))).toThrow(`${folder.at('c.lock')} is there and names no process: remove`);
      expect(readFileSync(folder.at('c.lock'), 'utf8')).toBe(text);
    },
  );

  it.skipIf(process.platform === 'win32')('is refused where a link that leads nowhere is in its place', () => {
    const folder = workFolder();
    symlinkSync(folder.at('nowhere'), folder.at('c.lock'));
    expect(() => new RunLock(folder.at('c'))).toThrow(/c\.lock is a symbolic link: remove it/);
    expect(readdirSync(folder.path)).toEqual(['c.lock']);
  });

  it('leaves the lock of another run alone at its end', () => {
    const folder = workFolder();
    const lock = new RunLock(folder.at('c'));
    writeLock(folder, {});
    lock.release();
    expect(existsSync(folder.at('c.lock'))).toBe(true);
  });
});

describe('a process', () => {
  it('that is running has not ended', () => {
    expect(hasEnded(ownIdentity())).toBe(false);
  });

  it.runIf(isLinux)('that was killed and never taken away by its parent has ended', async () => {
    // The shell becomes a process that never asks for its child, which ends only then.
    const child = '(while ! grep -q sleep /proc/$$/comm; do :; done)';
    const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 30`]);
    try {
      const [output] = (await once(parent.stdout, 'data')) as [Buffer];
      const zombie = { pid: Number(output.toString()), host: hostname(), started: null };
      await expect.poll(() => hasEnded(zombie)).toBe(true);
      expect(existsSync(`/proc/${zombie.pid}/stat`)).toBe(true);
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
