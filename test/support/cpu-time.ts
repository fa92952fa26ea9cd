/** CPU milliseconds of what `work` does before it returns: unlike the time of day, they do not grow where the machine is busy with something else. */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
