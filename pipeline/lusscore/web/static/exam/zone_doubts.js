// What is doubtful of a zone beyond its clips' own doubts.

/** Sentences on all clips of a zone together; none where one clip says it all. */
export function zoneDoubts({ clips, review }) {
  return clips.length > 1 ? review.filter((sentence) => !/^Clip \d+: /.test(sentence)) : [];
}
