// Entry point of the `sallyport` command.
const args = process.argv.slice(2);
const { runCli } = args[0] === 'mcp' ? await import('./run-mcp.ts') : await import('./run.ts');
process.exitCode = await runCli(args, process.env);
