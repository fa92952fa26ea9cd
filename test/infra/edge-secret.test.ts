import '@aws-sdk/signature-v4a';
import { CloudFrontKeyValueStoreClient } from '@aws-sdk/client-cloudfront-keyvaluestore';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AwsClients } from '../../scripts/aws/parts/aws.ts';
import { giveEdgeItsSecret } from '../../scripts/aws/parts/edge-secret.ts';
import { namesOf, UNSET } from '../../scripts/aws/parts/environment.ts';
import { createEdgeKeyValueStore } from '../../scripts/aws/parts/key-value-store.ts';
import { TEST_CREDENTIALS } from '../support/aws-emulator.ts';
import { type Ministack, startMinistack } from '../support/ministack.ts';
import { hasPython } from '../support/python.ts';
import {
  copyTerraform,
  hasTerraform,
  TERRAFORM_MS,
  TERRAFORM_REGION,
  type TerraformCopy,
} from '../support/terraform.ts';

// The origin secret on its way to the edge: from Parameter Store by an operator's command, into a store that Terraform made and reads again.
// Only what holds it is made here; a distribution takes CloudFront minutes, the emulator too, and holds nothing of it.

const SECRET = 'k3Vn0c1tQpX8sJbW5yRzLhAeUfGmDoTi-_9Y2N7P4aB';
const NEXT = 'Zx8Wv6Ut4Sr2Qp0On9Ml7Kj5Ih3Gf1Ed-_CbA2yX4wV';

const root = `
provider "aws" {
  region = "us-east-1"
}

module "edge" {
  source = "../modules/edge"

  apis = {
    agent = { domain_name = "agent.dev.example.com", origin_domain_name = "d-1.execute-api.eu-central-1.amazonaws.com" }
  }
  prefix  = "sallyport-dev"
  zone_id = "Z0123456789ABCDEFGHIJ"
}

output "edge_key_value_store_arn" {
  value = module.edge.key_value_store_arn
}
`;

/** The client puts the account before the host of any endpoint; the emulator has one name only. */
function keyValueStoresAt(endpoint: string): CloudFrontKeyValueStoreClient {
  const http = new NodeHttpHandler();
  const requestHandler = {
    handle: (...[request, options]: Parameters<typeof http.handle>) =>
      http.handle(Object.assign(request, { hostname: '127.0.0.1' }), options),
    destroy: () => http.destroy(),
    metadata: http.metadata,
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
  return new CloudFrontKeyValueStoreClient({
    endpoint: endpoint.replace('127.0.0.1', 'localhost'),
    region: TERRAFORM_REGION,
    credentials: TEST_CREDENTIALS,
    requestHandler,
  });
}

const canRun = hasTerraform('the way of the edge’s secret') && hasPython('the way of the edge’s secret');
(canRun ? describe : describe.skip)('the edge’s secret', () => {
  let aws: Ministack;
  let copy: TerraformCopy;
  let ssm: SSMClient;
  let clients: Pick<AwsClients, 'keyValueStores' | 'ssm'>;
  const only = '-target=module.edge.aws_cloudfront_function.origin_secret';
  beforeAll(async () => {
    aws = await startMinistack();
    copy = await copyTerraform({ root: 'edge-alone', files: { 'edge-alone/main.tf': root }, env: aws.environment });
    const applied = await copy.run('apply', '-no-color', '-auto-approve', only);
    if (applied.code !== 0) throw new Error(applied.output);
    ssm = new SSMClient({ endpoint: aws.endpoint, region: TERRAFORM_REGION, credentials: TEST_CREDENTIALS });
    clients = { ssm, keyValueStores: keyValueStoresAt(aws.endpoint) };
  }, TERRAFORM_MS);
  afterAll(async () => {
    clients?.keyValueStores.destroy();
    ssm?.destroy();
    await copy?.dispose();
    await aws?.stop();
  });

  const names = namesOf('dev');
  const keep = (Value: string) =>
    ssm.send(
      new PutParameterCommand({ Name: names.parameter('origin-secret'), Value, Type: 'SecureString', Overwrite: true }),
    );

  it(
    'is brought there by an operator, the first of two, and Terraform never holds it though it reads all that it made',
    async () => {
      const outputs = JSON.parse((await copy.run('output', '-json')).stdout) as Record<string, { value: string }>;
      const arn = outputs['edge_key_value_store_arn']?.value ?? '';
      const give = () => giveEdgeItsSecret({ names }, clients, { outputs: { edge_key_value_store_arn: arn } });
      await keep(UNSET);
      await expect(give()).resolves.toBe('never set');
      await keep(`${SECRET},${NEXT}`);
      await expect(give()).resolves.toBe('written');
      await expect(give()).resolves.toBe('as it was');
      const store = createEdgeKeyValueStore(arn, clients);
      await expect(store.get('origin-secret')).resolves.toBe(SECRET);

      const again = await copy.run('plan', '-no-color', '-detailed-exitcode', '-out=again.tfplan', only);
      const applied = await copy.run('apply', '-no-color', 'again.tfplan');
      const shown = await copy.run('show', '-json', 'again.tfplan');
      const state = await copy.run('state', 'pull');
      expect([again.code, applied.code]).toEqual([0, 0]);
      expect(state.stdout).toContain('aws_cloudfront_key_value_store');
      for (const text of [again.output, applied.output, shown.stdout, state.stdout]) {
        for (const secret of [SECRET, NEXT]) expect(text).not.toContain(secret);
      }
    },
    TERRAFORM_MS,
  );

  it('is not looked for where there is no edge', async () => {
    const nothing = { edge_key_value_store_arn: null };
    await expect(giveEdgeItsSecret({ names }, clients, { outputs: nothing })).resolves.toBe('no edge');
  });
});
