import { defineErrors } from '../../base/index.ts'

export const derErrors = defineErrors({
  'der.malformed': {
    status: 400,
    exit: 1,
    summary: 'The DER encoding is malformed, or not of the expected structure.',
    hint: 'download the file again, or write it again as DER, not BER',
  },
})
