/** What kind of thing a foreign value is, in words for a message; never anything of the value itself. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return Number.isNaN(value) ? 'NaN' : Number.isFinite(value) ? 'a number' : 'an infinite number';
    case 'object':
      return kindOfObject(value);
    case 'undefined':
      return 'nothing';
    default:
      return `a ${typeof value}`;
  }
}

function kindOfObject(value: object | null): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  // By its tag, as it may come from another realm; only tags that are known, as an object can name itself anything.
  switch (Object.prototype.toString.call(value)) {
    case '[object Date]':
      return 'a Date';
    case '[object Map]':
      return 'a Map';
    case '[object Set]':
      return 'a Set';
    default:
      return 'an object';
  }
}
