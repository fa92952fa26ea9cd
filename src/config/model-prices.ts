import * as z from 'zod';

// SALLYPORT_MODEL_PRICES: what models cost, as JSON.

const amount = () => z.number().nonnegative().max(1_000_000);
const prices = () =>
  z.record(
    z.string().min(1).max(220),
    z.strictObject({ input: amount(), output: amount(), cached_input: amount().optional() }),
  );

export type ConfiguredPrices = z.output<ReturnType<typeof prices>>;

export function modelPrices() {
  return z
    .string()
    .max(8192)
    .prefault('{}')
    .transform((text, context): ConfiguredPrices => {
      let given: unknown;
      try {
        given = JSON.parse(text);
      } catch {
        context.addIssue('must be JSON');
        return z.NEVER;
      }
      const parsed = prices().safeParse(given, { jitless: true });
      if (parsed.success) return parsed.data;
      for (const { path, message } of parsed.error.issues) context.addIssue(`${path.join('.')}: ${message}`);
      return z.NEVER;
    })
    .describe(
      'What a million tokens cost, by model, in a currency of your choice: `{"openai:gpt-5-mini": {"input": 0.25, "cached_input": 0.025, "output": 2}}`. Cost is counted for models that are in it.',
    );
}
