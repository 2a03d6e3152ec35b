using Dmp.Consent.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Dmp.Wishes.V1;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Wishes;

/// <summary>Contacts, donation, directives: stated, read, replaced, taken back.</summary>
public sealed class WishTests(Platform platform)
{
    private static readonly (string Name, string Phone) sister = ("Jeanne ESSAI", "+33600000002");
    private static readonly (string Name, string Phone) neighbour = ("Paul VOISIN", "+33600000003");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_the_patient_states_is_read_by_who_may_read_and_the_last_statement_counts()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        Assert.Equal(new GetWishesResponse(), await physician.WishesAsync(record.Id));

        await patient.ContactsAsync(record.Id, sister);
        var contacts = await patient.ContactsAsync(record.Id, sister, neighbour);
        var donation = await patient.DonationAsync(record.Id, DonationPosition.OpposedInPart, "Pas les cornées.");
        var directives = await patient.DirectivesAsync(record.Id, "Pas d’acharnement.");

        var read = await physician.WishesAsync(record.Id);
        Assert.Equal((contacts, donation, directives, null), (
            read.EmergencyContacts, read.OrganDonation, read.AdvanceDirectives, read.TrustedPerson));
        Assert.Equal([sister.Name, neighbour.Name], read.EmergencyContacts.Contacts.Select(one => one.Name));
        Assert.Equal(("Pas d’acharnement.", 2, Wishing.Adult), (
            read.AdvanceDirectives.Text, read.AdvanceDirectives.Treatments.Count, read.AdvanceDirectives.WriteDate));
        Assert.Equal(ActorKind.Patient, read.EmergencyContacts.StatedBy.Kind);

        await patient.RevokeWishAsync(record.Id, WishKind.AdvanceDirectives);
        await patient.RevokeWishAsync(record.Id, WishKind.AdvanceDirectives);
        Assert.Null((await physician.WishesAsync(record.Id)).AdvanceDirectives);

        var versions = (await patient.Wishes.ListWishVersionsAsync(
            new ListWishVersionsRequest { RecordId = record.Id }, cancellationToken: Token)).Versions;
        Assert.Equal(
            [
                (WishKind.AdvanceDirectives, WishState.Revoked), (WishKind.OrganDonation, WishState.Active),
                (WishKind.EmergencyContacts, WishState.Active), (WishKind.EmergencyContacts, WishState.Superseded),
            ],
            versions.Select(version => (version.Kind, version.State)));
        Assert.Equal(directives, versions[0].AdvanceDirectives);
        Assert.Equal(sister.Name, Assert.Single(versions[3].EmergencyContacts.Contacts).Name);
    }

    [Fact]
    public async Task Representatives_set_the_contacts_of_a_child_and_nothing_else()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (child, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        var set = await mother.ContactsAsync(record.Id, sister);
        Assert.Equal(ActorKind.Representative, set.StatedBy.Kind);
        Assert.Equal(set, (await platform.As(record.Physician).WishesAsync(record.Id)).EmergencyContacts);
        await mother.RevokeWishAsync(record.Id, WishKind.EmergencyContacts);

        foreach (var refused in new Func<Task>[]
        {
            () => mother.DonationAsync(record.Id, DonationPosition.NotOpposed),
            () => mother.DirectivesAsync(record.Id, "Rien."),
            () => mother.NameAsync(record.Id),
            () => mother.RevokeWishAsync(record.Id, WishKind.OrganDonation),
            () => mother.TrustedPersonsAsync(record.Id),
            async () => await mother.Wishes.ListWishVersionsAsync(new() { RecordId = record.Id }, cancellationToken: Token),

            // About ten years old.
            () => child.DonationAsync(record.Id, DonationPosition.Opposed),
            () => child.DirectivesAsync(record.Id, "Rien."),
            () => child.NameAsync(record.Id),
        })
        {
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.WishNotAllowed, refused);
        }

        await platform.Server.QueryAsync<object>(
            platform,
            $"update record set birth_date = current_date - interval '13 years 1 day' where record_id = '{record.Id}' returning 1");
        Assert.Equal(
            DonationPosition.Opposed, (await child.DonationAsync(record.Id, DonationPosition.Opposed)).Position);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.WishNotAllowed, () => child.DirectivesAsync(record.Id, "Rien."));
    }

    [Fact]
    public async Task Professionals_caregivers_and_strangers_state_nothing()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (caregiver, _) = await platform.DelegateAsync(patient, record.Id);
        await patient.ContactsAsync(record.Id, sister);

        Assert.NotNull((await caregiver.WishesAsync(record.Id)).EmergencyContacts);
        foreach (var (api, reason) in new[]
        {
            (caregiver, ErrorReason.RecordAccessDenied),
            (platform.As(TestPatient.New()), ErrorReason.RecordAccessDenied),
            (platform.As(record.Physician), ErrorReason.CallerKindNotAllowed),
        })
        {
            foreach (var change in new Func<Task>[]
            {
                () => api.ContactsAsync(record.Id, neighbour),
                () => api.DonationAsync(record.Id, DonationPosition.Opposed),
                () => api.DirectivesAsync(record.Id, "Rien."),
                () => api.RevokeWishAsync(record.Id, WishKind.EmergencyContacts),
                () => api.NameAsync(record.Id),
                () => api.TrustedPersonsAsync(record.Id),
            })
            {
                await Refusals.RefusedAsync(StatusCode.PermissionDenied, reason, change);
            }
        }

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.CallerKindNotAllowed,
            () => platform.AsStructure(record.Physician.StructureId).WishesAsync(record.Id));
        foreach (var stranger in new[] { platform.As(TestPatient.New()), platform.As(TestProfessional.New()) })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => stranger.WishesAsync(record.Id));
        }
    }

    [Fact]
    public async Task A_rule_on_the_type_hides_the_wish_as_it_hides_the_document()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        await patient.ContactsAsync(record.Id, sister);
        await patient.DonationAsync(record.Id, DonationPosition.Opposed);
        await patient.DirectivesAsync(record.Id, "Rien.");

        await HideAsync(patient, record, new VisibilityRule { Type = Wishing.DirectivesType, Actor = record.Physician.Actor });
        var without = await physician.WishesAsync(record.Id);
        Assert.Null(without.AdvanceDirectives);
        Assert.Equal(DonationPosition.Opposed, without.OrganDonation.Position);

        await HideAsync(
            patient,
            record,
            new VisibilityRule { Type = Wishing.WishesType, Profession = new Coding { System = "1.2.250.1.71.1.2.7", Code = "10" } });
        Assert.Equal(new GetWishesResponse(), await physician.WishesAsync(record.Id));
        Assert.NotNull((await patient.WishesAsync(record.Id)).AdvanceDirectives);
    }

    [Fact]
    public async Task The_document_of_directives_is_named_to_whoever_finds_it_and_to_nobody_else()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        var other = await patient.UploadAsync(record.Id);
        var signed = await patient.UploadAsync(record.Id, intent => intent.Metadata.Type = Wishing.DirectivesType);
        foreach (var wrong in new[] { other.DocumentId, Given.NewId() })
        {
            await Refusals.RefusedAsync(
                StatusCode.NotFound,
                ErrorReason.DocumentNotFound,
                () => patient.DirectivesAsync(record.Id, "", request => request.DocumentId = wrong));
        }

        await patient.DirectivesAsync(record.Id, "", request => request.DocumentId = signed.DocumentId);
        Assert.Equal(signed.DocumentId, (await physician.WishesAsync(record.Id)).AdvanceDirectives.DocumentId);
        var told = (await patient.Audit.ListRecordEventsAsync(new() { RecordId = record.Id }, cancellationToken: Token)).Events
            .First(one => one.Method == "dmp.wishes.v1.WishService/GetWishes");
        Assert.Equal([signed.DocumentId], told.Documents.Select(document => document.DocumentId));

        await patient.Documents.MaskDocumentAsync(
            new MaskDocumentRequest { RecordId = record.Id, DocumentId = signed.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
        var masked = (await physician.WishesAsync(record.Id)).AdvanceDirectives;
        Assert.Equal(("", Wishing.Adult), (masked.DocumentId, masked.WriteDate));
        Assert.Equal(signed.DocumentId, (await patient.WishesAsync(record.Id)).AdvanceDirectives.DocumentId);
    }

    [Fact]
    public async Task What_is_stated_is_checked_with_all_faults_at_once()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        await Refusals.FieldsAsync(
            () => patient.DirectivesAsync(record.Id, "", request =>
            {
                request.WriteDate = DateTimeOffset.UtcNow.AddDays(3).ToString("yyyy-MM-dd", null);
                request.Treatments[1].Conditions = "";
                request.Treatments.Add(new TreatmentWish { Treatment = LifeTreatment.Resuscitation, Choice = (TreatmentChoice)9 });
                request.WitnessNames.Add("Un TEMOIN");
            }),
            "write_date",
            "treatments[1].conditions",
            "treatments[2].choice",
            "treatments[2].treatment",
            "witness_names");
        await Refusals.FieldsAsync(
            () => patient.DirectivesAsync(record.Id, "", request => request.Treatments.Clear()), "treatments");
        await Refusals.FieldsAsync(
            () => patient.DirectivesAsync(record.Id, "Rien.", request => request.CourtAuthorization = "Tribunal de Lyon, 3 mai"),
            "court_authorization");
        await Refusals.FieldsAsync(
            () => patient.DirectivesAsync(record.Id, "Rien.", request => request.WriteDate = "1910-01-01"), "write_date");
        await Refusals.FieldsAsync(() => patient.DonationAsync(record.Id, DonationPosition.OpposedInPart), "exceptions");
        await Refusals.FieldsAsync(() => patient.DonationAsync(record.Id, DonationPosition.Opposed, "Tout."), "exceptions");
        await Refusals.FieldsAsync(() => patient.ContactsAsync(record.Id, ("A", "0600000001")), "contacts[0].phone_number");
        await Refusals.FieldsAsync(() => patient.ContactsAsync(record.Id), "contacts");
        await Refusals.FieldsAsync(() => patient.RevokeWishAsync(record.Id, (WishKind)7), "kind");
        Assert.Equal(new GetWishesResponse(), await patient.WishesAsync(record.Id));
    }

    [Fact]
    public async Task Under_guardianship_directives_and_a_trusted_person_need_the_authorisation_of_a_court()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        await platform.Server.QueryAsync<object>(
            platform,
            "update record set guardianship_until = now() + interval '2 years', guardianship_reason = 'Jugement' "
            + $"where record_id = '{record.Id}' returning 1");
        await Refusals.FieldsAsync(() => patient.DirectivesAsync(record.Id, "Rien."), "court_authorization");
        await Refusals.FieldsAsync(() => patient.NameAsync(record.Id), "court_authorization");

        const string Court = "Juge des tutelles de Lyon, 3 mai 2026";
        var directives = await patient.DirectivesAsync(record.Id, "Rien.", request => request.CourtAuthorization = Court);
        var named = await patient.NameAsync(record.Id, change: request => request.CourtAuthorization = Court);
        Assert.Equal((Court, Court), (directives.CourtAuthorization, named.TrustedPerson.CourtAuthorization));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.WishNotAllowed,
            () => platform.AsRepresentativeOf(record.Patient).DirectivesAsync(
                record.Id, "Rien.", request => request.CourtAuthorization = Court));
    }

    [Fact]
    public async Task Nothing_of_a_wish_lies_in_the_open_and_with_the_key_it_is_gone()
    {
        const string Secret = "phrase que personne ne devine 8231";
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var request = Wishing.Directives(record.Id, Secret);

        var first = await patient.Wishes.StateAdvanceDirectivesAsync(request, cancellationToken: Token);
        Assert.Equal(first, await patient.Wishes.StateAdvanceDirectivesAsync(request, cancellationToken: Token));
        Assert.Equal(Secret, first.AdvanceDirectives.Text);
        var named = Wishing.Designation(record.Id, "Prenom QUEPERSONNENECONNAIT");
        var invited = await patient.Wishes.InviteTrustedPersonAsync(named, cancellationToken: Token);
        var again = await patient.Wishes.InviteTrustedPersonAsync(named, cancellationToken: Token);
        Assert.Equal((invited.TrustedPerson, ""), (again.TrustedPerson, again.Code));

        foreach (var text in new[] { Secret, named.Name, invited.Code })
        {
            foreach (var place in new[]
            {
                "select count(*) from request_log l where position(convert_to(@, 'UTF8') in l.response) > 0",
                "select count(*) from wish w where position(convert_to(@, 'UTF8') in w.content) > 0",
                "select count(*) from trusted_person t where position(convert_to(@, 'UTF8') in t.content) > 0",
                "select count(*) from audit_event e where e::text like '%' || @ || '%'",
                "select count(*) from outbox o where o::text like '%' || @ || '%'",
            })
            {
                var asked = place.Replace("@", $"'{text}'", StringComparison.Ordinal);
                Assert.Equal(0, await platform.Server.QueryAsync<long>(platform, asked));
            }
        }

        await platform.Server.QueryAsync<object>(
            platform, $"update record_key set wrapped = null, destroy_time = now() where record_id = '{record.Id}' returning 1");
        Assert.Equal(new GetWishesResponse(), await patient.WishesAsync(record.Id));
    }

    private static async Task HideAsync(DmpApi patient, OpenedRecord record, VisibilityRule rule)
    {
        rule.Effect = VisibilityEffect.Hide;
        await patient.Consents.AddVisibilityRuleAsync(
            new AddVisibilityRuleRequest { RecordId = record.Id, Rule = rule, RequestId = Given.NewId() }, cancellationToken: Token);
    }
}
