/** The executable: runs the command line that this process was started with. */
import { runCli, tellBug } from './cli/index.ts'
import { liveAs, openThisProcess } from './sys/this-process.ts'

const self = openThisProcess()
await liveAs(
  () => runCli(self),
  (error) => tellBug(self, error),
)
