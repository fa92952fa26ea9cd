/** Records count in Unix seconds; answers tell times in ISO 8601, UTC. */
export const isoTime = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString();
