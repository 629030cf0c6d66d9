/** What went wrong, in the reader's words, said aloud to who cannot see it; nothing where nothing did. */
export const Problem = ({ text }: { readonly text: string }) =>
  text === "" ? null : (
    <p class="problem" role="alert">
      {text}
    </p>
  );
