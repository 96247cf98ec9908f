import { shippedFile } from '../host/index.ts'

export function version(): string {
  return (JSON.parse(shippedFile('package.json')) as { version: string }).version
}
