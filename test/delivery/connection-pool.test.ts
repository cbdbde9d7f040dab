import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { ConnectionPool } from '../../src/delivery/connection-pool.js';
import type { Connection } from '../../src/delivery/connection.js';
import { Deadlines } from '../../src/delivery/deadlines.js';
import { HttpExchange } from '../../src/delivery/exchange.js';

/** A connection that carries nothing; a test ends what is on it. */
class SilentConnection {
  load = 0;
  capacity = 1;
  retired = false;
  listed = false;
  readonly sent: string[] = [];
  destroyed = false;
  warmed = 0;

  constructor(
    readonly onConnected: (connection: Connection) => void,
    /** Why it cannot be warmed. */
    private readonly trouble: Error | undefined,
  ) {}

  /** It is established, with room for so many requests at once. */
  connect(capacity: number): void {
    this.capacity = capacity;
    this.onConnected(this as unknown as Connection);
  }

  warm(): Promise<void> {
    this.warmed += 1;
    if (this.trouble !== undefined) return Promise.reject(this.trouble);
    return this.warmed === 1 ? Promise.resolve() : Promise.reject(new Error('warmed twice'));
  }

  send({ path }: Dispatcher.DispatchOptions): void {
    this.sent.push(path);
  }

  destroy(): Promise<void> {
    this.destroyed = true;
    return Promise.resolve();
  }
}

/** A pool, of whose connections some may not be warmed, for reasons in the order in which they are opened. */
function newPool(maxConnections: number, awaitProtocol = false, troubles: readonly (Error | undefined)[] = []) {
  const connections: SilentConnection[] = [];
  const deadlines = new Deadlines<HttpExchange>();
  const pool = new ConnectionPool({
    maxConnections,
    awaitProtocol,
    open: (onConnected) => {
      const connection = new SilentConnection(onConnected, troubles[connections.length]);
      connections.push(connection);
      return connection as unknown as Connection;
    },
  });
  const run = (path: string) => {
    const exchange = new HttpExchange({ path }, 60_000, { onOutcome: () => undefined }, deadlines, pool);
    pool.run(exchange);
    return exchange;
  };
  const sent = () => connections.map((connection) => connection.sent);
  return { pool, run, sent, connections, deadlines };
}

/** The answer comes, and the connection is free again. */
function answer(exchange: HttpExchange): void {
  exchange.onConnect(() => undefined);
  exchange.onHeaders(200, []);
  exchange.onComplete();
}

describe('a pool of connections', () => {
  it('opens one for each request that is under way, up to its number', () => {
    const { run, sent } = newPool(2);
    for (const path of ['a', 'b', 'c']) run(path);
    expect(sent()).toEqual([['a'], ['b']]);
  });

  it('opens none where one is idle, and takes the one that was used last', () => {
    const { run, sent } = newPool(5);
    for (const exchange of [run('a'), run('b'), run('c')]) answer(exchange);
    run('d');
    expect(sent()).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  it('gives a connection that becomes free to whoever waits longest', () => {
    const { run, sent } = newPool(1);
    const a = run('a');
    const b = run('b');
    run('c');
    answer(a);
    expect(sent()).toEqual([['a', 'b']]);
    answer(b);
    expect(sent()).toEqual([['a', 'b', 'c']]);
  });

  it('has the time of a request run from its connection on', () => {
    const { run, deadlines } = newPool(1);
    const a = run('a');
    run('b');
    expect(deadlines.size).toBe(1);
    answer(a);
    expect(deadlines.size).toBe(1);
  });

  it('passes over whoever was given up while waiting, and opens nothing for them', () => {
    const { run, sent, connections } = newPool(1);
    const a = run('a');
    const b = run('b');
    run('c');
    expect(b.cancel()).toBe(false);
    answer(a);
    expect(sent()).toEqual([['a', 'c']]);
    expect(connections).toHaveLength(1);
  });

  it('breaks the connection of a request that was given up, and opens another instead', () => {
    const { run, sent, connections } = newPool(1);
    const a = run('a');
    run('b');
    a.onConnect(() => undefined);
    expect(a.cancel()).toBe(true);
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true, false]);
    expect(sent()).toEqual([['a'], ['b']]);
  });

  it('takes another connection after one that failed, which may not have got over it yet', () => {
    const { run, sent, connections } = newPool(1);
    const a = run('a');
    run('b');
    a.onError(new Error('connect ECONNREFUSED'));
    expect(sent()).toEqual([['a'], ['b']]);
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  });

  it('sends nothing more of what waits once it is halted', () => {
    const { pool, run, sent } = newPool(1);
    const a = run('a');
    run('b');
    pool.halt();
    answer(a);
    expect(sent()).toEqual([['a']]);
  });

  it('breaks all its connections at its end', async () => {
    const { pool, run, connections } = newPool(3);
    answer(run('a'));
    run('b');
    run('c');
    await pool.destroy();
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});

describe('a pool that awaits the protocol', () => {
  it('opens one connection, and puts all on it once that speaks HTTP/2', () => {
    const { run, sent, connections } = newPool(5, true);
    for (const path of ['a', 'b', 'c']) run(path);
    expect(sent()).toEqual([['a']]);
    connections[0]?.connect(100);
    expect(sent()).toEqual([['a', 'b', 'c']]);
  });

  it('opens further ones once it is known to be HTTP/1.1', () => {
    const { run, sent, connections } = newPool(5, true);
    for (const path of ['a', 'b', 'c']) run(path);
    connections[0]?.connect(1);
    expect(sent()).toEqual([['a'], ['b'], ['c']]);
  });

  it('opens another where one is full', () => {
    const { run, sent, connections } = newPool(5, true);
    run('a');
    connections[0]?.connect(2);
    for (const path of ['b', 'c']) run(path);
    expect(sent()).toEqual([['a', 'b'], ['c']]);
  });

  it('puts no more on one than it carries, also when it was empty in between', () => {
    const { run, sent, connections } = newPool(5, true);
    const a = run('a');
    connections[0]?.connect(2);
    const b = run('b');
    answer(a);
    answer(b);
    for (const path of ['c', 'd', 'e']) run(path);
    expect(sent()).toEqual([['a', 'b', 'c', 'd'], ['e']]);
  });

  it('takes a connection on which a request was given up out of use, and breaks it when the others are over', () => {
    const { run, sent, connections } = newPool(5, true);
    const a = run('a');
    connections[0]?.connect(100);
    const b = run('b');
    a.cancel();
    run('c');
    expect(connections[0]?.destroyed).toBe(false);
    expect(sent()).toEqual([['a', 'b'], ['c']]);
    answer(b);
    expect(connections[0]?.destroyed).toBe(true);
    run('d');
    expect(sent()).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  it('awaits another when the first one could not be established', () => {
    const { run, sent } = newPool(5, true);
    const a = run('a');
    for (const path of ['b', 'c']) run(path);
    a.onError(new Error('connect ECONNREFUSED'));
    expect(sent()).toEqual([['a'], ['b']]);
  });

  it('breaks those out of use as well when it is destroyed', async () => {
    const { pool, run, connections } = newPool(5, true);
    const a = run('a');
    connections[0]?.connect(100);
    run('b');
    a.cancel();
    await pool.destroy();
    expect(connections.map(({ destroyed }) => destroyed)).toEqual([true]);
  });
});

describe('warming a pool', () => {
  it('establishes connections up to its number, which the first requests then use', async () => {
    const { pool, run, sent, connections } = newPool(3);
    expect(await pool.warmUp(10, 1000)).toEqual({ connections: 3, error: undefined });
    expect(connections.map(({ warmed }) => warmed)).toEqual([1, 1, 1]);
    run('a');
    expect(sent().flat()).toEqual(['a']);
    expect(connections).toHaveLength(3);
  });

  it('counts what could be established, and says why something could not', async () => {
    const refused = new Error('connect ECONNREFUSED');
    const { pool } = newPool(3, false, [undefined, refused, undefined]);
    expect(await pool.warmUp(3, 1000)).toEqual({ connections: 2, error: refused });
  });

  it('counts those that are there already', async () => {
    const { pool, run } = newPool(10);
    run('a');
    expect(await pool.warmUp(3, 1000)).toEqual({ connections: 2, error: undefined });
    expect(await pool.warmUp(3, 1000)).toEqual({ connections: 0, error: undefined });
  });
});
