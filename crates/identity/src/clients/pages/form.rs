//! The form of an application: what was typed, its controls, and what it asks the service for (reference: identity 1.3).

use context::Error;
use maud::{Markup, html};
use store::{Scoped, params};
use ui::field::{self, Choice};
use ui::{Picker, PickerGroup, Tone};
use uuid::Uuid;
use web::page;

use super::header::type_name;
use crate::clients::{Changes, Client, ScopeRef};
use crate::console::{element_key, scope_items};
use crate::scopes::{Kind, OFFLINE_ACCESS, Scope, catalogue};

/// Longest name and redirect URL, in characters.
const LONGEST_NAME: usize = 200;
const LONGEST_REDIRECT: usize = 400;

/// What was typed, right or wrong.
#[derive(Debug, Clone, Default)]
pub(super) struct Input {
    pub name: String,
    pub confidential: bool,
    pub redirect_uris: Vec<String>,
    pub user_scopes: Vec<String>,
    pub application_scopes: Vec<String>,
    /// Seconds, as text; empty leaves it as it is.
    pub lifetime: String,
    /// A name of which the visitor knows that another application has it.
    pub same_name: String,
}

/// Where the form stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Add,
    Edit,
}

impl Input {
    /// The input of the form `Add` as it is first shown.
    pub fn empty() -> Self {
        Self {
            confidential: true,
            ..Self::default()
        }
    }

    pub fn of(client: &Client) -> Self {
        Self {
            name: client.name.clone(),
            confidential: client.confidential,
            redirect_uris: client.redirect_uris.0.clone(),
            user_scopes: client.user_scopes.0.clone(),
            application_scopes: client.application_scopes.0.clone(),
            lifetime: client.access_token_lifetime.to_string(),
            same_name: String::new(),
        }
    }

    pub fn read(form: &[(String, String)]) -> Self {
        let list = |name| {
            page::fields(form, name)
                .into_iter()
                .map(str::trim)
                .filter(|one| !one.is_empty())
        };
        Self {
            name: page::field(form, "name").to_owned(),
            confidential: page::field(form, "type") != "non-confidential",
            redirect_uris: list("redirect_uri").map(str::to_owned).collect(),
            user_scopes: list("user_scope").map(str::to_owned).collect(),
            application_scopes: list("application_scope").map(str::to_owned).collect(),
            lifetime: page::field(form, "lifetime").to_owned(),
            same_name: page::field(form, "same_name").to_owned(),
        }
    }

    /// # Errors
    /// 400 for a lifetime that is no number; the service checks the rest.
    pub fn changes(&self) -> Result<Changes, Error> {
        let user = self.user_scopes.iter().map(ScopeRef::user);
        let lifetime = match self.lifetime.as_str() {
            "" => None,
            text => {
                let wrong = |_| Error::field("accessTokenLifetime", "The lifetime must be a whole number of seconds.");
                Some(text.parse::<i64>().map_err(wrong)?)
            }
        };
        Ok(Changes {
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.clone(),
            scopes: user
                .chain(self.application_scopes.iter().map(ScopeRef::application))
                .collect(),
            keys: None,
            access_token_lifetime: lifetime,
        })
    }

    /// Names need not be unique, but the same name twice is usually a mistake: asks once before going on.
    pub fn check_name(&self, scope: &mut Scoped<'_, store::Organization>, own: Option<Uuid>) -> Result<(), Error> {
        let name = store::fold(&self.name);
        let known = !name.is_empty() && store::fold(&self.same_name) == name;
        let condition = "name_folded = ? and id <> ? and machine_tenant is null";
        if known || !scope.exists::<Client>(condition, params![name, own.unwrap_or_default()])? {
            return Ok(());
        }
        Err(Error::field(
            "sameName",
            format!("There is another application called “{}”.", self.name),
        ))
    }

    /// The controls. `errors` are shown beside what they concern.
    pub fn fields(&self, mode: Mode, errors: &[(String, String)]) -> Markup {
        let same = errors
            .iter()
            .any(|(_, message)| message.contains("another application called"));
        let scopes_error = errors
            .iter()
            .find(|(name, _)| name == "scopes")
            .map(|(_, message)| message.as_str());
        html! {
            @if same {
                (ui::callout(Tone::Warning, html! {
                    "Names may be used twice: the App ID is what counts. Choose another name, or go on with this one."
                }))
                (field::hidden("same_name", &self.name))
            }
            (field::text("name", "Application name").value(&self.name).required().max(LONGEST_NAME).autocomplete("off").error_in(errors))
            (self.type_field(mode))
            fieldset.field.wide id="field-scopes" tabindex="-1" {
                legend { "Resources" }
                p.hint { "What the application may ask for: user scopes when it acts for a signed-in person, application scopes when it acts as itself." }
                (self.picker(mode).error(scopes_error))
            }
            (field::tokens("redirect_uri", "Redirect URL").values(&self.redirect_uris).placeholder("https://app.example/callback")
                .max(LONGEST_REDIRECT).wide().error_in(errors)
                .hint("Where people come back to after sign-in; needed when there are user scopes. Compared character by character: register every form the application sends."))
            @if mode == Mode::Edit {
                (field::number("lifetime", "Access token lifetime (seconds)").value(&self.lifetime).range(300, 86_400).error_in(errors)
                    .hint("300 to 86400. Applies to tokens issued from now on."))
            }
        }
    }

    fn type_field(&self, mode: Mode) -> Markup {
        if mode == Mode::Edit {
            return html! {
                (field::text("type_name", "Application type").value(type_name(self.confidential)).readonly().hint("Fixed when the application was registered."))
            };
        }
        let choices = vec![
            Choice::new("confidential", type_name(true))
                .hint("Runs where it can keep a secret, such as a server. Acts as itself or for people."),
            Choice::new("non-confidential", type_name(false))
                .hint("Runs in a browser, on a desktop or a phone. Acts for people only, and has no secret."),
        ];
        let chosen = if self.confidential {
            "confidential"
        } else {
            "non-confidential"
        };
        html! { (field::radio("type", "Application type", choices).value(chosen).hint("Cannot be changed later.")) }
    }

    fn picker(&self, mode: Mode) -> Picker {
        let condition = (mode == Mode::Add).then_some("type=confidential");
        let mut picker = Picker::new("scopes", "Resource", "Add scopes").tab("User Scope(s)", "user_scope", None);
        if mode == Mode::Add || self.confidential {
            picker = picker.tab("Application Scope(s)", "application_scope", condition);
        }
        picker.groups(self.groups(mode))
    }

    fn groups(&self, mode: Mode) -> Vec<PickerGroup> {
        let mut groups: Vec<PickerGroup> = catalogue()
            .resources
            .iter()
            .map(|resource| PickerGroup {
                key: element_key(resource.name),
                label: resource.display_name.to_owned(),
                tabs: vec![
                    scope_items(&resource.scopes, Kind::User, &self.user_scopes),
                    scope_items(&resource.scopes, Kind::Application, &self.application_scopes),
                ],
            })
            .collect();
        // Claims about the user are for non-confidential applications; offline access needs no registration.
        if mode == Mode::Add || !self.confidential {
            let claims: Vec<Scope> = catalogue()
                .identity
                .iter()
                .filter(|scope| scope.name != OFFLINE_ACCESS)
                .cloned()
                .collect();
            groups.push(PickerGroup {
                key: "openid".to_owned(),
                label: "Sign-in (OpenID Connect), non-confidential only".to_owned(),
                tabs: vec![scope_items(&claims, Kind::User, &self.user_scopes), Vec::new()],
            });
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        text.split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    }

    #[test]
    fn a_form_is_read_with_all_its_scopes_and_addresses() {
        let form = "name=Bot&type=confidential&redirect_uri=https://a.example/&redirect_uri=&user_scope=OR.Jobs\
                    &application_scope=OR.Jobs&application_scope=OR.Assets.Read";
        let changes = Input::read(&pairs(form)).changes().unwrap();
        assert_eq!(changes.redirect_uris, ["https://a.example/"]);
        assert_eq!(
            changes.scopes,
            [
                ScopeRef::user("OR.Jobs"),
                ScopeRef::application("OR.Jobs"),
                ScopeRef::application("OR.Assets.Read")
            ]
        );
    }

    #[test]
    fn a_lifetime_must_be_a_number() {
        assert!(
            Input {
                lifetime: "soon".into(),
                ..Input::empty()
            }
            .changes()
            .is_err()
        );
        assert_eq!(
            Input {
                lifetime: "600".into(),
                ..Input::empty()
            }
            .changes()
            .unwrap()
            .access_token_lifetime,
            Some(600)
        );
        assert_eq!(Input::empty().changes().unwrap().access_token_lifetime, None);
    }

    #[test]
    fn every_scope_of_the_catalogue_can_be_picked_and_comes_back_ticked() {
        let input = Input {
            application_scopes: vec!["OR.Default".into()],
            ..Input::empty()
        };
        let groups = input.groups(Mode::Add);
        assert_eq!(groups.len(), 3);
        assert_eq!(groups[0].tabs[1][0].value, "OR.Default");
        assert!(groups[0].tabs[1][0].ticked && !groups[0].tabs[0][0].ticked);
        let offered: usize = groups.iter().flat_map(|group| &group.tabs).map(Vec::len).sum();
        let known = catalogue().names(Kind::User).count() + catalogue().names(Kind::Application).count() + 3;
        assert_eq!(offered, known);
    }
}
