/** One part of a presentation; what is given is shown in this order. */
export interface PresentationPart {
  /** A short heading, as plain text. */
  heading?: string;
  /** A paragraph, as plain text. */
  text?: string;
  /** A page in a frame: by its address on this machine, or its whole HTML, which is shut off from the notebook. */
  frame?: { height: number; url?: string; page?: string };
  /** A table: a row per record, its keys are the columns. */
  rows?: readonly object[];
}

/** Something that a notebook can show as headings, text and tables. */
export interface Presentable {
  /** What is shown. All text is plain; whoever shows it escapes it. */
  present(): readonly PresentationPart[];
}
