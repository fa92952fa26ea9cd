/** Of the command, and of the package it comes in; a test holds it to package.json. */
export const VERSION = '0.1.0';
