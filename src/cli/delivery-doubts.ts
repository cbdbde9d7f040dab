/** What is not certain about deliveries, counted. */
export interface DeliveryDoubts {
  /** Deliveries that may be there twice: an earlier attempt may have been recorded as well. */
  readonly maybeDuplicate: number;
  /** Deliveries that came without the word `success`. */
  readonly unconfirmed: number;
}

/** Nothing in doubt. */
export const NO_DOUBTS: DeliveryDoubts = { maybeDuplicate: 0, unconfirmed: 0 };

/** The doubts of two runs together. */
export function addDoubts(one: DeliveryDoubts, other: DeliveryDoubts): DeliveryDoubts {
  return {
    maybeDuplicate: one.maybeDuplicate + other.maybeDuplicate,
    unconfirmed: one.unconfirmed + other.unconfirmed,
  };
}

/** Whether two counts are the same. */
export function sameDoubts(one: DeliveryDoubts, other: DeliveryDoubts): boolean {
  return one.maybeDuplicate === other.maybeDuplicate && one.unconfirmed === other.unconfirmed;
}
