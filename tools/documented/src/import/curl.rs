//! Requests as command lines of cURL.

/// A request that a page shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Request {
    pub method: Option<String>,
    pub url: Option<String>,
    pub content_type: Option<String>,
    /// The media type that the answer is asked for in.
    pub accept: Option<String>,
    pub body: Option<String>,
    /// A file that holds the body, which the page therefore doesn't show.
    pub body_file: Option<String>,
}

/// Whether a line starts a command of cURL.
pub fn starts(line: &str) -> bool {
    let line = line
        .trim_start()
        .trim_start_matches(['$', '>', '#', '%'])
        .trim_start();
    line == "curl" || line.starts_with("curl ") || line.starts_with("curl.exe ")
}

/// The commands in `code`, each with the line where it starts, counted from 0. `None` stands for one whose quotes don't match.
pub fn requests(code: &str) -> Vec<(usize, Option<Request>)> {
    let mut commands: Vec<(usize, String)> = Vec::new();
    for (number, line) in code.lines().enumerate() {
        if starts(line) {
            let line = line.trim_start().trim_start_matches(['$', '>', '#', '%']);
            commands.push((number, String::new()));
            push(&mut commands, line);
        } else {
            push(&mut commands, line);
        }
    }
    commands
        .into_iter()
        .map(|(line, command)| (line, shlex::split(&command).map(|words| request(&words))))
        .collect()
}

/// Adds a line to the last command; a continued line, even with spaces after the mark, joins the next.
fn push(commands: &mut [(usize, String)], line: &str) {
    let Some((_, command)) = commands.last_mut() else {
        return;
    };
    let trimmed = line.trim_end();
    match trimmed.strip_suffix(['\\', '^']) {
        Some(line) => command.push_str(line),
        None => command.push_str(trimmed),
    }
    command.push('\n');
}

fn request(words: &[String]) -> Request {
    let mut request = Request::default();
    let mut words = words.iter().skip(1).map(String::as_str);
    let mut as_query = false;
    while let Some(word) = words.next() {
        let (option, inline) = divided(word);
        let mut argument = || inline.or_else(|| words.next()).unwrap_or_default();
        match option {
            "-X" | "--request" => request.method = Some(argument().to_uppercase()),
            "-H" | "--header" => header(&mut request, argument()),
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" => {
                data(&mut request, argument(), option)
            }
            "--json" => {
                request
                    .content_type
                    .get_or_insert_with(|| "application/json".to_owned());
                data(&mut request, argument(), option);
            }
            "-F" | "--form" | "--form-string" => {
                argument();
                request
                    .content_type
                    .get_or_insert_with(|| "multipart/form-data".to_owned());
                request.method.get_or_insert_with(|| "POST".to_owned());
            }
            "--data-urlencode" => {
                argument();
                request
                    .content_type
                    .get_or_insert_with(|| "application/x-www-form-urlencoded".to_owned());
            }
            "-G" | "--get" => as_query = true,
            "-I" | "--head" => request.method = Some("HEAD".to_owned()),
            "--url" => request.url = Some(argument().to_owned()),
            "-u" | "--user" | "-o" | "--output" | "-b" | "--cookie" | "-A" | "--user-agent" | "-e" | "-m"
            | "--max-time" | "--connect-timeout" | "-w" | "--cacert" | "--cert" | "--key" | "-x"
            | "--proxy" => {
                argument();
            }
            _ if option.starts_with('-') => {}
            _ => drop(request.url.get_or_insert_with(|| word.to_owned())),
        }
    }
    if request.method.is_none() {
        let sends = (request.body.is_some() || request.body_file.is_some()) && !as_query;
        request.method = Some(if sends { "POST" } else { "GET" }.to_owned());
    }
    request
}

/// An option and the argument that is written together with it: `-XPOST`, `--request=POST`.
fn divided(word: &str) -> (&str, Option<&str>) {
    if word.starts_with("--") {
        return word
            .split_once('=')
            .map_or((word, None), |(option, argument)| (option, Some(argument)));
    }
    let takes_argument = ["-X", "-H", "-d", "-F"]
        .iter()
        .any(|option| word.starts_with(option));
    if takes_argument && word.len() > 2 {
        return (&word[..2], Some(&word[2..]));
    }
    (word, None)
}

fn header(request: &mut Request, header: &str) {
    let Some((name, value)) = header.split_once(':') else {
        return;
    };
    let essence = value
        .split([';', ','])
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    match name.trim().to_ascii_lowercase().as_str() {
        "content-type" => request.content_type = Some(essence),
        "accept" if !essence.contains('*') => request.accept = Some(essence),
        _ => {}
    }
}

fn data(request: &mut Request, data: &str, option: &str) {
    // `$'…'` arrives here with its dollar sign.
    let data = data.strip_prefix('$').unwrap_or(data);
    match data.strip_prefix('@') {
        Some(file) if option != "--data-raw" => request.body_file = Some(file.to_owned()),
        _ => request.body = Some(data.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(code: &str) -> Request {
        let mut found = requests(code);
        assert_eq!(found.len(), 1, "{code}");
        found.remove(0).1.unwrap()
    }

    #[test]
    fn reads_method_url_header_and_body() {
        let request = one(
            "$ curl -g -X PATCH \\ \n 'https://h/a' \\\n -H 'Content-Type: application/vnd.api+json; charset=utf-8' \\\n -d '{\n \"a\": \"b\\n\"\n}'",
        );
        assert_eq!(request.method.as_deref(), Some("PATCH"));
        assert_eq!(request.url.as_deref(), Some("https://h/a"));
        assert_eq!(request.content_type.as_deref(), Some("application/vnd.api+json"));
        assert_eq!(request.body.as_deref(), Some("{\n \"a\": \"b\\n\"\n}"));
    }

    #[test]
    fn options_come_in_many_spellings() {
        for (code, method) in [
            ("curl -XDELETE https://h/a", "DELETE"),
            ("curl --request=PUT --url https://h/a", "PUT"),
            ("curl https://h/a --data-raw '@x'", "POST"),
            ("curl --location -d @body.json https://h/a", "POST"),
            ("curl -G https://h/a -d x=1", "GET"),
            ("curl -sS -u me:secret https://h/a", "GET"),
            ("curl https://h/a --json {}", "POST"),
        ] {
            let request = one(code);
            assert_eq!(request.method.as_deref(), Some(method), "{code}");
            assert_eq!(request.url.as_deref(), Some("https://h/a"), "{code}");
        }
        assert_eq!(
            one("curl -d @body.json https://h/a").body_file.as_deref(),
            Some("body.json")
        );
    }

    #[test]
    fn several_commands_and_one_that_does_not_end() {
        let found = requests("curl https://h/a\n\ncurl -d 'x https://h/b");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [0, 2]);
        assert!(found[0].1.is_some() && found[1].1.is_none());
    }
}
