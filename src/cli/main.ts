import { runCli } from './run.ts';

// Entry point of the `sallyport` command.
process.exitCode = await runCli(process.argv.slice(2), process.env);
