import { configureGlobal } from 'fast-check';

// With `npm run mutate` every mutant meets the same random inputs, so that whether it survives is not a matter of luck.
configureGlobal({ seed: 20_240_601 });
