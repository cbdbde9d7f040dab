/** Version of this package, as it introduces itself to CleverTap; a test holds it to package.json. */
export const VERSION = '0.1.0';
