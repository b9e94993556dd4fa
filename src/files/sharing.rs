//! Services that share files on web pages, and the URL of the file itself at each of them.

use url::Url;

/// Advice on a web page that came instead of a file. `found` is where `wanted` finally redirected to; they may be the
/// same.
pub(super) fn advice(wanted: &Url, found: &Url) -> String {
    let other = |url: &Url| direct(url).filter(|advice| !advice.ends_with(url.as_str()));
    other(wanted).or_else(|| other(found)).unwrap_or_else(|| {
        "Open it in a private browser window: it must download the file at once, without signing in".to_owned()
    })
}

fn direct(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let on = |name: &str| host == name || host.strip_suffix(name).is_some_and(|before| before.ends_with('.'));
    if on("drive.google.com") {
        return Some(google_drive(url));
    }
    if on("docs.google.com") {
        return Some(google_docs(url));
    }
    if on("dropbox.com") {
        return Some(format!("Dropbox gives the file itself at {}", with_query(url, "dl", "1")));
    }
    if on("sharepoint.com") {
        return Some(format!("SharePoint gives the file itself at {}", with_query(url, "download", "1")));
    }
    if on("github.com") && url.path().contains("/blob/") {
        return Some(format!("GitHub gives the file itself at {}", with_query(url, "raw", "true")));
    }
    let service = [
        ("onedrive.live.com", "OneDrive"),
        ("1drv.ms", "OneDrive"),
        ("wetransfer.com", "WeTransfer"),
        ("we.tl", "WeTransfer"),
        ("icloud.com", "iCloud"),
        ("mega.nz", "MEGA"),
        ("box.com", "Box"),
        ("mediafire.com", "MediaFire"),
    ];
    let (_, service) = service.into_iter().find(|(name, _)| on(name))?;
    Some(format!("{service} shares files on web pages only; put the file where it can be downloaded directly"))
}

/// `/file/d/{id}/view` and `/open?id={id}`.
fn google_drive(url: &Url) -> String {
    let in_query = url.query_pairs().find(|(name, _)| name == "id").map(|(_, id)| id.into_owned());
    if url.path() == "/uc" {
        return "Google Drive gives the file to nobody: share it with anyone who has the link".to_owned();
    }
    match document(url).map(str::to_owned).or(in_query) {
        Some(id) if is_id(&id) => format!(
            "Google Drive gives the file itself, if anyone with the link may see it, at \
             https://drive.google.com/uc?export=download&id={id}"
        ),
        _ => "Share one file of Google Drive with anyone who has the link, not a folder".to_owned(),
    }
}

/// `/document/d/{id}/edit` and the like.
fn google_docs(url: &Url) -> String {
    let kind = url.path_segments().and_then(|mut parts| parts.next()).unwrap_or_default();
    let kind = ["document", "spreadsheets", "presentation"].into_iter().find(|known| *known == kind);
    match kind.zip(document(url).filter(|id| is_id(id))) {
        Some(("presentation", id)) => {
            format!("Google gives it as a PDF at https://docs.google.com/presentation/d/{id}/export/pdf")
        }
        Some((kind, id)) => {
            format!("Google gives it as a PDF at https://docs.google.com/{kind}/d/{id}/export?format=pdf")
        }
        None => "Share it with anyone who has the link, and use its export address".to_owned(),
    }
}

fn document(url: &Url) -> Option<&str> {
    let mut parts = url.path_segments()?.skip_while(|part| *part != "d");
    parts.nth(1).filter(|id| !id.is_empty())
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn with_query(url: &Url, name: &str, value: &str) -> String {
    let mut direct = url.clone();
    let others: Vec<(String, String)> = url.query_pairs().into_owned().filter(|(other, _)| other != name).collect();
    direct.query_pairs_mut().clear().extend_pairs(others).append_pair(name, value);
    direct.set_fragment(None);
    direct.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str) -> String {
        let url = Url::parse(url).unwrap();
        advice(&url, &url)
    }

    #[test]
    fn known_services_are_answered_with_the_direct_address() {
        for (url, direct) in [
            (
                "https://drive.google.com/file/d/1AbC-d_9/view?usp=sharing",
                "https://drive.google.com/uc?export=download&id=1AbC-d_9",
            ),
            ("https://drive.google.com/open?id=1AbC-d_9", "https://drive.google.com/uc?export=download&id=1AbC-d_9"),
            (
                "https://docs.google.com/document/d/1AbC/edit#heading=h.1",
                "https://docs.google.com/document/d/1AbC/export?format=pdf",
            ),
            (
                "https://docs.google.com/presentation/d/1AbC/edit",
                "https://docs.google.com/presentation/d/1AbC/export/pdf",
            ),
            (
                "https://www.dropbox.com/scl/fi/x/offer.pdf?rlkey=abc&dl=0",
                "https://www.dropbox.com/scl/fi/x/offer.pdf?rlkey=abc&dl=1",
            ),
            ("https://acme.sharepoint.com/:b:/g/x?e=1", "https://acme.sharepoint.com/:b:/g/x?e=1&download=1"),
            ("https://github.com/acme/a/blob/main/a.pdf", "https://github.com/acme/a/blob/main/a.pdf?raw=true"),
        ] {
            assert!(told(url).ends_with(direct), "{url}: {}", told(url));
        }
    }

    #[test]
    fn services_without_direct_addresses_are_named() {
        for (url, name) in [
            ("https://1drv.ms/b/s!x", "OneDrive"),
            ("https://onedrive.live.com/?id=1", "OneDrive"),
            ("https://we.tl/t-x", "WeTransfer"),
            ("https://wetransfer.com/downloads/x", "WeTransfer"),
            ("https://app.box.com/s/x", "Box"),
        ] {
            assert!(told(url).starts_with(name), "{url}: {}", told(url));
        }
    }

    #[test]
    fn nobody_is_told_to_use_the_address_that_was_used() {
        for url in ["https://www.dropbox.com/s/x/a.pdf?dl=1", "https://github.com/acme/a/blob/main/a.pdf?raw=true"] {
            assert!(told(url).starts_with("Open it in a private browser window"), "{url}: {}", told(url));
        }
        let direct = "https://drive.google.com/uc?id=1AbC&export=download";
        assert!(told(direct).contains("share it with anyone who has the link"), "{}", told(direct));
    }

    #[test]
    fn a_short_link_is_known_by_where_it_leads() {
        let (short, long) = ("https://short.example/x", "https://drive.google.com/file/d/1AbC/view");
        let told = advice(&Url::parse(short).unwrap(), &Url::parse(long).unwrap());
        assert!(told.ends_with("export=download&id=1AbC"), "{told}");
    }

    #[test]
    fn other_pages_get_advice_that_fits_all() {
        for url in [
            "https://example.com/a",
            "https://notdropbox.com/a",
            "https://dropbox.com.example/a",
            "https://github.com/acme/a",
        ] {
            assert!(told(url).starts_with("Open it in a private browser window"), "{url}: {}", told(url));
        }
        assert!(told("https://drive.google.com/drive/folders/1AbC").contains("not a folder"));
        assert!(told("https://drive.google.com/file/d/%3Cb%3E/view").contains("not a folder"));
    }
}
