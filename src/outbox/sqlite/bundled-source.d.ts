/** A module with all that it imports, as the text of one script; made by `scripts/bundled-source.ts` at build time. */
declare module '*?source' {
  const source: string;
  export default source;
}
