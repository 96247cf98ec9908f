import { defineErrors } from '../../base/index.ts'

export const derErrors = defineErrors({
  'der.malformed': {
    status: 400,
    exit: 1,
    summary: 'Bytes are not the DER structure that their place demands.',
    hint: 'the file is damaged, of another kind, or in BER; write it again as DER',
  },
})
