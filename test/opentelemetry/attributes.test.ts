import { describe, expect, it } from 'vitest';
import { ATTRIBUTE, serverAttributes } from '../../src/opentelemetry/attributes.js';

describe('the attributes', () => {
  it.each([
    ['in1.api.clevertap.com', { 'server.address': 'in1.api.clevertap.com' }],
    ['127.0.0.1:8080', { 'server.address': '127.0.0.1', 'server.port': 8080 }],
    ['[::1]:8080', { 'server.address': '::1', 'server.port': 8080 }],
    ['[::1]', { 'server.address': '::1' }],
  ])('of the host %s', (host, attributes) => {
    expect(serverAttributes(host)).toEqual(attributes);
  });

  it('name no URL and no query, since that holds the credentials', () => {
    const names = Object.values(ATTRIBUTE).filter((name) => name.startsWith('url.') || name.includes('query'));
    expect(names).toEqual(['url.path']);
  });
});
