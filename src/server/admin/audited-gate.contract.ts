import { gateErrors, type Gate } from '../../gate/index.ts'

/** Knows one name, and nobody who signed it but acme/demo. */
export const GATE: Pick<Gate, 'name' | 'approve' | 'forget' | 'refresh'> = {
  name: 'prod',
  approve: async (_name, { repository, by }) => {
    if (repository !== 'acme/demo') throw gateErrors('gate.approve', 'no such signer')
    return {
      repository,
      by,
      issuer: 'https://gitlab.example.com',
      workflow: null,
      since: '2026-01-01T00:00:00Z',
    }
  },
  forget: async (_name, { by }) => {
    if (by === 'nobody') throw gateErrors('gate.unknown', 'no pin')
  },
  refresh: () => Promise.resolve(),
}
