import type { Argument, OperationName, Result } from './store-operations.js';

/** Has a store do something that is durable when the promise resolves. */
export interface StoreCalls {
  call<Name extends OperationName>(name: Name, argument: Argument<Name>): Promise<Result<Name>>;
}
