import type { ToolsetName } from '../config/settings.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Tool } from '../mcp/tools/tool.ts';

// The tools of each toolset with nothing behind them: for whoever shows, plans or hashes them, or has them run elsewhere.

/** Tools are only declared here; one that ran would be a mistake. */
const nothing = new Proxy(Object.freeze({}), {
  get: () => {
    throw new AppError('internal', 'A tool that is only declared does not run.');
  },
}) as never;

export const declaredToolsets: Readonly<Record<ToolsetName, () => Promise<readonly Tool[]>>> = {
  calendar: async () => {
    const { createCalendarTools } = await import('../mcp/tools/calendar/calendar-tools.ts');
    return createCalendarTools({ calendar: nothing, clock: nothing, random: nothing });
  },
  weather: async () => {
    const { createGetWeather } = await import('../mcp/tools/weather/get-weather.ts');
    return [createGetWeather({ weather: nothing, clock: nothing })];
  },
  notify: async () => {
    const { createSendPushNotification } = await import('../mcp/tools/notify/send-push-notification.ts');
    return [createSendPushNotification({ notifier: nothing })];
  },
  golf: async () => {
    const { createGolfTools } = await import('../mcp/tools/golf/golf-tools.ts');
    return createGolfTools({ teeTimes: nothing });
  },
  aws: async () => {
    const { createAwsTools } = await import('../mcp/tools/aws/aws-tools.ts');
    return createAwsTools({ reader: nothing, places: nothing, clock: nothing });
  },
  'aws-writes': async () => {
    const { createAwsWriteTools } = await import('../mcp/tools/aws/writes/aws-write-tools.ts');
    return createAwsWriteTools({ reader: nothing, writer: nothing, places: nothing });
  },
};
