using Dmp.Audit.V1;
using Dmp.Consent.V1;
using Dmp.Delegation.V1;
using Dmp.Document.V1;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Delegations;

/// <summary>A record entrusted to others: invited, accepted, used, ended.</summary>
public sealed class DelegationTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_caregiver_reads_and_adds_documents_and_changes_nothing_else()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var document = await platform.As(record.Physician).UploadAsync(record.Id);
        var (caregiver, delegation) = await platform.DelegateAsync(patient, record.Id);
        Assert.Equal((DelegationState.Active, DelegationKind.Caregiver), (delegation.State, delegation.Kind));

        Assert.NotEmpty(await caregiver.ReadAsync(document));
        Assert.Equal([document.DocumentId], await caregiver.SearchIdsAsync(record.Id));
        await caregiver.Documents.GetDocumentAsync(
            new GetDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId }, cancellationToken: Token);
        Assert.Equal(record.Id, (await caregiver.Records.GetRecordAsync(
            new GetRecordRequest { RecordId = record.Id }, cancellationToken: Token)).Record.RecordId);
        Assert.Single((await caregiver.Consents.ListConsentsAsync(
            new ListConsentsRequest { RecordId = record.Id }, cancellationToken: Token)).Consents);
        await caregiver.Consents.ListBlocksAsync(new ListBlocksRequest { RecordId = record.Id }, cancellationToken: Token);
        var settings = (await caregiver.Consents.GetConsentSettingsAsync(
            new GetConsentSettingsRequest { RecordId = record.Id }, cancellationToken: Token)).Settings;
        var added = await caregiver.UploadAsync(record.Id);
        Assert.Equal((ActorKind.Caregiver, "Odile ESSAI"), (added.Depositor.Kind, added.Depositor.Name));

        var id = record.Id;
        foreach (var change in new Func<Task>[]
        {
            async () => await caregiver.Consents.GrantConsentAsync(
                new GrantConsentRequest { RecordId = id, Actor = TestProfessional.New().Actor, RequestId = Given.NewId() },
                cancellationToken: Token),
            async () => await caregiver.Consents.BlockActorAsync(
                new BlockActorRequest { RecordId = id, Actor = record.Physician.Actor, RequestId = Given.NewId() },
                cancellationToken: Token),
            async () => await caregiver.Consents.UpdateConsentSettingsAsync(
                new UpdateConsentSettingsRequest
                {
                    RecordId = id, Settings = new ConsentSettings(), Etag = settings.Etag, RequestId = Given.NewId(),
                    UpdateMask = new FieldMask { Paths = { "emergency_masked_allowed" } },
                },
                cancellationToken: Token),
            async () => await caregiver.Documents.MaskDocumentAsync(
                new MaskDocumentRequest { RecordId = id, DocumentId = document.DocumentId, RequestId = Given.NewId() },
                cancellationToken: Token),
            async () => await caregiver.Documents.DeleteDocumentAsync(
                new DeleteDocumentRequest { RecordId = id, DocumentId = added.DocumentId, RequestId = Given.NewId() },
                cancellationToken: Token),
            async () => await caregiver.Records.CloseRecordAsync(
                new CloseRecordRequest { RecordId = id, Reason = CloseReason.PatientRequest, RequestId = Given.NewId() },
                cancellationToken: Token),
            async () => await caregiver.Audit.ListRecordEventsAsync(
                new ListRecordEventsRequest { RecordId = id }, cancellationToken: Token),
            () => caregiver.InviteAsync(id),
        })
        {
            await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, change);
        }

        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.DocumentActionNotAllowed,
            () => caregiver.UploadAsync(id, intent => intent.VisibilityCodes.Add(VisibilityCode.MaskedFromProfessionals)));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DocumentActionNotAllowed, () => caregiver.UploadAsync(id, intent =>
            {
                intent.ReplacesDocumentId = added.DocumentId;
                intent.Etag = added.Etag;
            }));

        // What a caregiver added is the patient's to remove.
        await patient.Documents.DeleteDocumentAsync(
            new DeleteDocumentRequest { RecordId = id, DocumentId = added.DocumentId, RequestId = Given.NewId() },
            cancellationToken: Token);
    }

    [Fact]
    public async Task A_caregiver_sees_neither_what_waits_for_its_announcement_nor_what_representatives_do_not_see()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (caregiver, _) = await platform.DelegateAsync(platform.As(record.Patient), record.Id);
        foreach (var code in new[] { VisibilityCode.HiddenFromPatient, VisibilityCode.HiddenFromRepresentatives })
        {
            var document = await platform.As(record.Physician).UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(code));
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => caregiver.ReadAsync(document));
        }

        Assert.Empty(await caregiver.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task The_trace_says_who_acted_for_the_patient()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (caregiver, _) = await platform.DelegateAsync(patient, record.Id);
        await caregiver.SearchIdsAsync(record.Id);

        var events = (await patient.Audit.ListRecordEventsAsync(
            new ListRecordEventsRequest { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token)).Events;

        var search = Assert.Single(events, e => e.Method.EndsWith("SearchDocuments", StringComparison.Ordinal));
        Assert.Equal((ActorKind.Caregiver, "Odile ESSAI"), (search.Actor.Kind, search.Actor.Name));
        var accept = Assert.Single(events, e => e.Method.EndsWith("AcceptDelegation", StringComparison.Ordinal));
        Assert.Equal((ActorKind.Caregiver, AuditOutcome.Allowed), (accept.Actor.Kind, accept.Outcome));
    }

    [Fact]
    public async Task A_code_works_once_and_every_bad_one_is_refused_alike()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var caregiver = platform.As(TestPatient.New());
        var invited = await patient.InviteAsync(record.Id);
        Assert.Equal(43, invited.Code.Length);
        await caregiver.AcceptAsync(invited.Code);

        var refused = await patient.InviteAsync(record.Id);
        await platform.As(TestPatient.New()).Delegations.RefuseDelegationAsync(
            new RefuseDelegationRequest { Code = refused.Code, RequestId = Given.NewId() }, cancellationToken: Token);
        var withdrawn = await patient.InviteAsync(record.Id);
        await patient.RevokeAsync(withdrawn.Delegation);
        var old = await patient.InviteAsync(record.Id);
        await AgeAsync(old.Delegation);

        var answers = new List<Google.Rpc.Status>();
        foreach (var code in new[] { invited.Code, refused.Code, withdrawn.Code, old.Code, "x", invited.Code[..^1] + "!" })
        {
            foreach (var somebody in new[] { caregiver, platform.As(TestPatient.New()) })
            {
                answers.Add(await Refusals.RefusedAsync(
                    StatusCode.NotFound, ErrorReason.DelegationCodeInvalid, () => somebody.AcceptAsync(code)));
            }
        }

        Assert.Single(answers.Select(answer => answer.Message).Distinct());
        Assert.Equal(
            [DelegationState.Expired, DelegationState.Revoked, DelegationState.Refused, DelegationState.Active],
            (await patient.DelegationsAsync(record.Id)).Select(delegation => delegation.State));
    }

    [Fact]
    public async Task Repeats_answer_the_first_result_and_the_code_is_shown_once_and_stored_nowhere()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var caregiver = platform.As(TestPatient.New());
        var request = Delegating.Invitation(record.Id);

        var first = await patient.Delegations.InviteDelegateAsync(request, cancellationToken: Token);
        var again = await patient.Delegations.InviteDelegateAsync(request, cancellationToken: Token);
        Assert.Equal((first.Delegation, ""), (again.Delegation, again.Code));
        var stored = await platform.Server.QueryAsync<long>(
            platform, $"select count(*) from request_log where position('{first.Code}'::bytea in response) > 0");
        Assert.Equal(0, stored);

        var accept = new AcceptDelegationRequest { Code = first.Code, RequestId = Given.NewId() };
        var accepted = await caregiver.Delegations.AcceptDelegationAsync(accept, cancellationToken: Token);
        Assert.Equal(accepted, await caregiver.Delegations.AcceptDelegationAsync(accept, cancellationToken: Token));

        var revoke = new RevokeDelegationRequest
        {
            RecordId = record.Id,
            DelegationId = first.Delegation.DelegationId,
            RequestId = Given.NewId(),
        };
        var revoked = await caregiver.Delegations.RevokeDelegationAsync(revoke, cancellationToken: Token);
        Assert.Equal(revoked, await caregiver.Delegations.RevokeDelegationAsync(revoke, cancellationToken: Token));
        Assert.Equal(DelegationState.Revoked, revoked.Delegation.State);
    }

    [Fact]
    public async Task At_most_three_caregivers_and_one_further_representative_even_when_invited_at_once()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var mother = platform.AsRepresentativeOf(record.Patient);
        foreach (var (kind, limit) in new[] { (DelegationKind.Caregiver, 3), (DelegationKind.Representative, 1) })
        {
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
            {
                try
                {
                    return (await mother.InviteAsync(record.Id, kind)).Delegation;
                }
                catch (RpcException e) when (Dmp.Server.Errors.Failures.ReasonOf(e) == "DELEGATION_LIMIT_REACHED")
                {
                    return null;
                }
            }));
            var given = outcomes.OfType<Delegation.V1.Delegation>().ToList();
            Assert.Equal(limit, given.Count);

            // One that was taken back, or is too old, makes room.
            await mother.RevokeAsync(given[0]);
            await AgeAsync((await mother.InviteAsync(record.Id, kind)).Delegation);
            await mother.InviteAsync(record.Id, kind);
            await Refusals.RefusedAsync(
                StatusCode.FailedPrecondition, ErrorReason.DelegationLimitReached, () => mother.InviteAsync(record.Id, kind));
        }
    }

    [Fact]
    public async Task A_second_representative_acts_like_the_first_and_invites_no_third()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var mother = platform.AsRepresentativeOf(record.Patient);
        var (father, delegation) = await platform.DelegateAsync(mother, record.Id, DelegationKind.Representative);
        var professional = TestProfessional.New();

        var consent = (await father.Consents.GrantConsentAsync(
            new GrantConsentRequest { RecordId = record.Id, Actor = professional.Actor, RequestId = Given.NewId() },
            cancellationToken: Token)).Consent;

        Assert.Equal((ConsentOrigin.Representative, ActorKind.Representative), (consent.Origin, consent.GivenBy.Kind));
        Assert.Equal([delegation.DelegationId], (await father.DelegationsAsync(record.Id)).Select(seen => seen.DelegationId));
        await Refusals.RefusedAsync(
            StatusCode.FailedPrecondition, ErrorReason.DelegationLimitReached,
            () => father.InviteAsync(record.Id, DelegationKind.Representative));
        var (caregiver, _) = await platform.DelegateAsync(father, record.Id);
        Assert.Empty(await caregiver.SearchIdsAsync(record.Id));
        var secret = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => father.ReadAsync(secret));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied,
            ErrorReason.DocumentActionNotAllowed,
            () => father.UploadAsync(record.Id, intent => intent.VisibilityCodes.Add(VisibilityCode.HiddenFromRepresentatives)));
    }

    [Fact]
    public async Task Who_may_not_invite_or_accept_is_told()
    {
        var record = await platform.RecordAsync(TestPatient.NewMinor());
        var (patient, mother) = (platform.As(record.Patient), platform.AsRepresentativeOf(record.Patient));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DelegationNotAllowed,
            () => patient.InviteAsync(record.Id, DelegationKind.Representative));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => platform.As(TestPatient.New()).InviteAsync(record.Id));
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.CallerKindNotAllowed, () => platform.As(record.Physician).InviteAsync(record.Id));

        var invited = await mother.InviteAsync(record.Id);
        foreach (var nearer in new[] { patient, mother })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.DelegationNotAllowed, () => nearer.AcceptAsync(invited.Code));
        }

        var caregiver = platform.As(TestPatient.New());
        await caregiver.AcceptAsync(invited.Code);
        var second = await mother.InviteAsync(record.Id);
        await Refusals.RefusedAsync(
            StatusCode.PermissionDenied, ErrorReason.DelegationNotAllowed, () => caregiver.AcceptAsync(second.Code));

        await Refusals.FieldsAsync(() => mother.InviteAsync(record.Id, change: request => request.EndTime = null), "end_time");
        await Refusals.FieldsAsync(
            () => mother.InviteAsync(
                record.Id, change: request => request.EndTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(400))),
            "end_time");
        await Refusals.FieldsAsync(
            () => mother.InviteAsync(record.Id, change: request => request.RelationshipCode = "BOSS"), "relationship_code");
    }

    [Fact]
    public async Task A_delegation_gives_access_from_its_start_to_its_end()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var caregiver = platform.As(TestPatient.New());
        var start = DateTimeOffset.UtcNow.AddSeconds(4);
        var end = start.AddSeconds(5);
        var invited = await patient.InviteAsync(record.Id, change: request =>
        {
            request.StartTime = Timestamp.FromDateTimeOffset(start);
            request.EndTime = Timestamp.FromDateTimeOffset(end);
        });
        await caregiver.AcceptAsync(invited.Code);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => caregiver.SearchIdsAsync(record.Id));
        await Waiting.PassedAsync(start);
        Assert.Empty(await caregiver.SearchIdsAsync(record.Id));
        await Waiting.PassedAsync(end);
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => caregiver.SearchIdsAsync(record.Id));
        Assert.Equal(DelegationState.Expired, Assert.Single(await patient.DelegationsAsync(record.Id)).State);
    }

    [Fact]
    public async Task Revocation_counts_from_the_next_call_and_ends_a_download_under_way()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (caregiver, delegation) = await platform.DelegateAsync(patient, record.Id);
        var (other, _) = await platform.DelegateAsync(patient, record.Id);
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DelegationNotFound, () => other.RevokeAsync(delegation));
        var document = await platform.As(record.Physician).UploadAsync(Given.Intent(record.Id), Given.Text(32 * 1024 * 1024));
        using var call = caregiver.Documents.ReadDocument(
            new ReadDocumentRequest { RecordId = record.Id, DocumentId = document.DocumentId }, cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));

        await patient.RevokeAsync(delegation);

        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, async () =>
        {
            while (await call.ResponseStream.MoveNext(Token))
            {
            }
        });
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => caregiver.SearchIdsAsync(record.Id));
        Assert.Single(await other.SearchIdsAsync(record.Id));
    }

    [Fact]
    public async Task The_list_of_a_person_holds_the_own_record_and_those_entrusted()
    {
        var (own, entrusted) = (await platform.RecordAsync(), await platform.RecordAsync());
        var person = platform.As(own.Patient);
        var invited = await platform.As(entrusted.Patient).InviteAsync(entrusted.Id);
        await person.AcceptAsync(invited.Code);

        Assert.Equal([(own.Id, ActorKind.Patient), (entrusted.Id, ActorKind.Caregiver)], await ListAsync(person));
        Assert.Equal([(entrusted.Id, ActorKind.Patient)], await ListAsync(platform.As(entrusted.Patient)));

        await platform.As(entrusted.Patient).RevokeAsync(invited.Delegation);
        Assert.Equal([(own.Id, ActorKind.Patient)], await ListAsync(person));
    }

    [Fact]
    public async Task A_caregiver_sees_the_own_delegation_and_not_those_of_others()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var (caregiver, delegation) = await platform.DelegateAsync(patient, record.Id);
        await platform.DelegateAsync(patient, record.Id);

        Assert.Equal([delegation.DelegationId], (await caregiver.DelegationsAsync(record.Id)).Select(seen => seen.DelegationId));
        Assert.Equal(2, (await patient.DelegationsAsync(record.Id)).Count);
    }

    private static async Task<List<(string, ActorKind)>> ListAsync(DmpApi api) =>
        [.. (await api.Records.ListRecordsAsync(new ListRecordsRequest(), cancellationToken: Token)).Records
            .Select(record => (record.RecordId, record.ActingAs))];

    /// <summary>A week goes by for an invitation.</summary>
    private Task<object> AgeAsync(Delegation.V1.Delegation delegation) => platform.Server.QueryAsync<object>(
        platform,
        $"update delegation set code_expire_time = now() where delegation_id = '{delegation.DelegationId}' returning 1");
}
