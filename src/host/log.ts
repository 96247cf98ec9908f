import { pino, type DestinationStream } from 'pino'
import type { Log } from '../base/index.ts'

/** One JSON object a line on standard error, or on the stream that is handed in. */
export function jsonLog(destination: DestinationStream = pino.destination(2)): Log {
  const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination)
  return {
    event: (event, fields) => logger.info({ event, ...fields }),
    failure: (event, error, fields) => logger.error({ event, ...fields, err: error }),
  }
}

export const silentLog: Log = { event: () => undefined, failure: () => undefined }
