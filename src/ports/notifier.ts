// A push message to a person's own devices.

export const notificationPriorities = ['min', 'low', 'default', 'high', 'max'] as const;
export type NotificationPriority = (typeof notificationPriorities)[number];

export interface Notification {
  readonly title?: string;
  readonly message: string;
  readonly priority: NotificationPriority;
}

export interface Notifier {
  /**
   * Resolves to the service's id of the message once it was taken. Rejects with AppError `not_found` when this person has no
   * address for push messages, `forbidden`, `rate_limited`, `upstream_failed` or `timed_out`; `details.reached` says whether it may have gone out.
   */
  send(person: string, notification: Notification, signal: AbortSignal): Promise<string>;
}
