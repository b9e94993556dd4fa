//! Responses that come line by line.

use super::{Call, Remote};
use crate::cli::exit::Failure;

impl Remote {
    /// Sends a request whose response comes line by line, over any time; a last line may have no end.
    pub(in crate::cli) async fn each_line(
        &self,
        call: Call,
        mut each: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (mut answer, mut begun) = (self.stream(call).await?, Vec::new());
        while let Some(piece) = answer.chunk().await.map_err(|error| self.not_sent(&error))? {
            begun.extend_from_slice(&piece);
            while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
                let rest = begun.split_off(end + 1);
                each(&std::mem::replace(&mut begun, rest))?;
            }
        }
        if begun.is_empty() { Ok(()) } else { each(&begun) }
    }
}
