import { describe, expect, it } from 'vitest';
import { baseUrlProblem, resolveEndpoint } from '../../src/contract/endpoint.js';
import { regions } from '../../src/contract/regions.js';

describe('resolveEndpoint', () => {
  it.each(regions.map(({ code, host }) => [code, host] as const))('sends region %s to https://%s', (code, host) => {
    expect(resolveEndpoint(code)).toEqual({ region: code, origin: `https://${host}`, host, path: '/attribution' });
  });

  it('sends every region to a base URL that is one text', () => {
    for (const { code } of regions) {
      expect(resolveEndpoint(code, 'http://127.0.0.1:8080')).toEqual({
        region: code,
        origin: 'http://127.0.0.1:8080',
        host: '127.0.0.1:8080',
        path: '/attribution',
      });
    }
  });

  it('sends the regions of a map to its URLs and the others to their own hosts', () => {
    const baseUrl = { in: 'https://proxy.example:8443/in', us: undefined } as { in: string };
    expect(resolveEndpoint('in', baseUrl)).toMatchObject({
      region: 'in',
      origin: 'https://proxy.example:8443',
      host: 'proxy.example:8443',
      path: '/in/attribution',
    });
    expect(resolveEndpoint('us', baseUrl).host).toBe('us1.api.clevertap.com');
    expect(resolveEndpoint('eu', baseUrl).host).toBe('api.clevertap.com');
  });

  it.each([
    ['https://proxy.example', '/attribution'],
    ['https://proxy.example/', '/attribution'],
    ['https://proxy.example/clevertap', '/clevertap/attribution'],
    ['https://proxy.example/clevertap/', '/clevertap/attribution'],
    ['https://proxy.example/a/b//', '/a/b/attribution'],
    ['https://proxy.example/with space', '/with%20space/attribution'],
  ])('puts the endpoint behind the path of %s', (baseUrl, path) => {
    expect(resolveEndpoint('eu', baseUrl)).toMatchObject({ origin: 'https://proxy.example', path });
  });

  it('leaves out the default port', () => {
    expect(resolveEndpoint('eu', 'https://proxy.example:443').host).toBe('proxy.example');
    expect(resolveEndpoint('eu', 'http://[::1]:80/').host).toBe('[::1]');
  });

  it('gives what nobody can change', () => {
    expect(Object.isFrozen(resolveEndpoint('eu'))).toBe(true);
  });
});

describe('baseUrlProblem', () => {
  it.each([
    'https://api.clevertap.com',
    'https://proxy.example:8443/path/',
    'HTTPS://proxy.example',
    'http://localhost:3000',
    'http://LOCALHOST',
    'http://127.0.0.1',
    'http://127.8.9.10:1',
    'http://127.100.200.255',
    'http://[::1]:8080/path',
  ])('has nothing against %s', (url) => {
    expect(baseUrlProblem(url, false)).toBeUndefined();
  });

  it.each([
    'http://proxy.example',
    'http://10.0.0.1',
    'http://0.0.0.0',
    'http://127.0.0.1.proxy.example',
    'http://localhost.proxy.example',
    'http://[::2]',
    'http://128.0.0.1',
  ])('refuses plain %s, but for the opt-in', (url) => {
    expect(baseUrlProblem(url, false)).toMatch(/allowInsecureHttp/);
    expect(baseUrlProblem(url, true)).toBeUndefined();
  });

  it.each([
    ['', 'absolute URL'],
    ['proxy.example', 'absolute URL'],
    ['/attribution', 'absolute URL'],
    ['//proxy.example', 'absolute URL'],
    ['https://', 'absolute URL'],
    ['ftp://proxy.example', 'https:// or http://'],
    ['file:///tmp/attribution', 'https:// or http://'],
    ['localhost:3000', 'https:// or http://'],
    ['ws://localhost', 'https:// or http://'],
    ['https://user@proxy.example', 'user name or password'],
    ['https://user:pass@proxy.example', 'user name or password'],
    ['https://:pass@proxy.example', 'user name or password'],
    ['https://proxy.example/?a=1', 'query or a fragment'],
    ['https://proxy.example/#a', 'query or a fragment'],
  ])('refuses %j, opt-in or not', (url, problem) => {
    expect(baseUrlProblem(url, false)).toContain(problem);
    expect(baseUrlProblem(url, true)).toContain(problem);
  });

  it('does not repeat the URL, which may hold a password', () => {
    expect(baseUrlProblem('https://user:hunter2@proxy.example', false)).not.toContain('hunter2');
  });
});
