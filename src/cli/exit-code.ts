/** How the program ends: part of its contract with scripts. */
export const EXIT_CODE = {
  /** Everything was delivered, or is in order. */
  ok: 0,
  /** Something was rejected or failed, or a file has mistakes. */
  incomplete: 1,
  /** The call itself was wrong: an unknown option, a file that cannot be read. */
  usage: 2,
  /** Ended by Ctrl-C after what was in flight had ended; run it again to go on. */
  interrupted: 130,
} as const;
