/** The executable: runs the command line that this process was started with. */
import { liveAs, openThisProcess } from './sys/this-process.ts'
import { keepYoungHeapSmall } from './sys/young-heap.ts'

keepYoungHeapSmall() // before the rest of the program is loaded
const { runCli, tellBug } = await import('./cli/index.ts')
const self = openThisProcess()
await liveAs(
  () => runCli(self),
  (error) => tellBug(self, error),
)
