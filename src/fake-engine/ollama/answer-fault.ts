/** What a fault does to an answer at its place. */
import { otherWork } from '../abortable.ts'
import { Failure, SocketCut, texts } from './failure.ts'
import type { GenerationOptions, Piece } from './generation.ts'
import type { AnswerFault } from './options.ts'

/** Does it; false when the answer is to end here without its last object. Throws what ends it otherwise. */
export async function* strike(
  fault: AnswerFault,
  { lease, faults, signal, die }: GenerationOptions,
): AsyncGenerator<Piece, boolean> {
  switch (fault.type) {
    case 'cut':
      throw new SocketCut()
    case 'cutInLine':
      yield { type: 'half', text: ' cut', tokens: 0 }
      throw new SocketCut()
    case 'runnerDies':
      lease.runner.die()
      throw new Failure(500, texts.runnerDied)
    case 'processDies':
      await otherWork() // a turn's writes go out at its end
      die()
      throw new SocketCut()
    case 'error':
      throw new Failure(500, fault.error)
    case 'garbage':
      yield { type: 'garbage', text: 'this is not JSON', tokens: 0 }
      break
    case 'oversizeLine':
      yield { type: 'text', text: 'x'.repeat(fault.sizeBytes), tokens: 0 }
      break
    case 'stall':
      yield { type: 'headers', text: '', tokens: 0 }
      await faults.untilSet(signal)
      break
    case 'noTerminator':
      return false
    case 'wrongBytes':
    case 'wrongToken':
    case 'repeatToken':
    case 'skipToken':
    case 'swapTokens':
      break // in the next token: `speaker.ts`, `reply.ts`
  }
  return true
}
