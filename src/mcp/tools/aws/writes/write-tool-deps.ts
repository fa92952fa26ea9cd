import type { AwsReader } from '../aws-reader.ts';
import type { AwsPlaces } from '../places.ts';
import type { AwsWriter } from './aws-writer.ts';

// What a tool needs that changes something: it looks before and after with the rights of the reads, and writes with a role of its own.

export interface WriteToolDeps {
  readonly reader: AwsReader;
  readonly writer: AwsWriter;
  readonly places: AwsPlaces;
}
