/**
 * The table of settings and what is made of it: loading with its precedence (flag, environment, file, default), checking,
 * the texts of `config check|show|explain`, and the JSON Schema. Nothing here touches the outside world.
 */
export type { ConfigEntry } from './entry.ts'
export { configJsonSchema } from './json-schema.ts'
export { readListenAddress } from './kind-engines.ts'
export {
  type ConfigInput,
  type ConfigReport,
  checkConfig,
  type LoadedConfig,
  loadConfig,
} from './load.ts'
export type { ConfigFlags } from './setting.ts'
export type { Settings } from './settings.ts'
export { type Row as SettingRow, rows as settingRows } from './table.ts'
export { configCheckText, configExplainText, configShowText } from './text.ts'
