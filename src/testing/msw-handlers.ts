import { regions } from '../contract/regions.js';

/** The part of msw's `http` namespace that is needed; msw itself is never loaded by this package. */
export interface MswHttp<Handler> {
  /** Makes a handler of requests by any method to a path. */
  all(path: string, resolver: (info: { readonly request: Request }) => Promise<Response>): Handler;
}

/**
 * Makes msw request handlers for all of CleverTap's hosts, any method and path.
 *
 * What ends a connection becomes msw's network error (`Response.error()`).
 */
export function createMswHandlers<Handler>(
  http: MswHttp<Handler>,
  handle: (request: Request) => Promise<Response>,
): Handler[] {
  const resolver = async ({ request }: { readonly request: Request }) => {
    try {
      return await handle(request);
    } catch {
      // msw would turn an exception into a 500, an answer where there is none.
      return Response.error();
    }
  };
  return regions.map(({ host }) => http.all(`https://${host}/*`, resolver));
}
