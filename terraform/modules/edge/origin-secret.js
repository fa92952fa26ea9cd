import cf from 'cloudfront';

// Tells the API that a request came through here. The secret lies in the key value store, where an operator's command puts it:
// Terraform knows the store, and never what is in it. Without it nothing goes on. CloudFront's JavaScript 2.0, not Node.

const HEADER = 'x-sallyport-origin';
const store = cf.kvs();

// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
async function handler(event) {
  const request = event.request;
  // Whatever the viewer sent under this name.
  delete request.headers[HEADER];
  try {
    request.headers[HEADER] = { value: await store.get('origin-secret') };
  } catch (_) {
    return {
      statusCode: 503,
      statusDescription: 'Service Unavailable',
      headers: { 'cache-control': { value: 'no-store' }, 'content-type': { value: 'application/json' } },
      body: '{"error":{"code":"unavailable","message":"Not available just now. Try again.","request_id":""}}',
    };
  }
  return request;
}
