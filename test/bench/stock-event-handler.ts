import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { GatewayEvent } from './gateway-event.ts';

// What someone would write to put the official SDK's handler behind API Gateway: the event becomes a `Request`, the `Response` a result.

export function stockEventHandler(fetchHandler: (request: Request) => Promise<Response>) {
  return async (event: GatewayEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    const { rawPath, headers, body, requestContext } = event;
    const { method } = requestContext.http;
    const request = new Request(`https://${requestContext.domainName}${rawPath}`, { method, headers, body });
    const response = await fetchHandler(request);
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
}
