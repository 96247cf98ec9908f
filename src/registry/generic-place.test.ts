import { expect, it } from 'vitest'
import { parseFileName } from '../formats/python/index.ts'
import { checkGenericPlace } from './generic-place.ts'

const ENDINGS = ['.sig', '.crt', '.sigstore.json', '.publish.attestation', '.asc']

it.each([
  'pkg-1!2.0-py3-none-any.whl',
  'pkg-12!2.0rc1.post3.dev4+local.5.tar.gz',
  'My.Pkg-1.0-1_a-cp311.cp312-abi3.none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  `${'a'.repeat(128)}-1${'.10'.repeat(39)}0.tar.gz`,
])('there is a place for what belongs to %s', (fileName) => {
  const { version } = parseFileName(fileName)
  for (const ending of ENDINGS) {
    const place = { name: 'project', version: version.normal, fileName: `${fileName}${ending}` }
    expect(() => checkGenericPlace(place)).not.toThrow()
  }
})
