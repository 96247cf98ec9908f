import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../base/index.ts'
import { requiresPythonIn } from './core-metadata.ts'

const START = 'Metadata-Version: 2.1\nName: demo\n'

describe('Requires-Python in METADATA', () => {
  it.each([
    ['as it is written', 'Requires-Python: >=3.9, <4\n', '>=3.9, <4'],
    ['in any case, on one line', 'requires-python: >=3.9,\n   <4\n', '>=3.9, <4'],
    ['that is no specifier', 'Requires-Python: >=3.6.*, <script>\n', '>=3.6.*, <script>'],
    ['that is empty', 'Requires-Python: \n', null],
    ['that is not there', '', null],
    ['that stands in the text', '\nRequires-Python: >=3.9\n', null],
    ['that is there twice', 'Requires-Python: >=3.9\nRequires-Python: >=3.9\n', undefined],
    ['that is too long', `Requires-Python: ${'>=3,'.repeat(300)}\n`, undefined],
    ['among lines that are no headers', 'Requires-Python: >=3.9\nnothing\n', undefined],
  ])('%s', (_, headers, expected) => {
    expect(requiresPythonIn(utf8(START + headers))).toBe(expected)
  })

  it('that is not UTF-8', () => {
    expect(requiresPythonIn(new Uint8Array([0xff, 0xfe]))).toBeUndefined()
  })
})
