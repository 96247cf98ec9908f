import { userFolders } from '../host/index.ts'

export interface DataOption {
  readonly data?: string
}

/** `--data`, else `$WHEELSEAL_DATA`, else the user's data folder. */
export function dataFolder(options: DataOption): string {
  return options.data ?? process.env['WHEELSEAL_DATA'] ?? userFolders(process.env).data
}

export const DATA_HELP = "data directory (default: $WHEELSEAL_DATA, else the user's data folder)"
