/** What the training script needs of the lane: the very code that runs later. */

export { namesAssetInputs } from './asset.ts';
export { MAX_FEATURES } from './features.ts';
export { lexiconFlag } from './lexicon.ts';
export {
  buildLexicon,
  decodeModel,
  HEADER_BYTES,
  type NamesModel,
  START_CLASSES,
  TrainedChooser,
} from './model.ts';
export { type Chooser, type FoundName, spanTypes, Tagger } from './tagger.ts';
export { readToken } from './tokens/read-token.ts';
export { hashOfWord, type Token, tokenKind } from './tokens/token.ts';
