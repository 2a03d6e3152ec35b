using Dmp.Audit.V1;
using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Dmp.Wishes.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Wishes;

/// <summary>A trusted person: named, accepted, replaced, given up.</summary>
public sealed class TrustedPersonTests(Platform platform)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_who_accepted_is_the_trusted_person_and_gets_no_access()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        var sister = platform.As(TestPatient.New());
        var named = await patient.NameAsync(record.Id);
        Assert.Equal(TrustedPersonState.Invited, named.TrustedPerson.State);
        Assert.Null((await physician.WishesAsync(record.Id)).TrustedPerson);
        Assert.Null((await patient.WishesAsync(record.Id)).TrustedPerson);

        var accepted = await sister.AcceptTrustAsync(named.Code);

        var told = (await physician.WishesAsync(record.Id)).TrustedPerson;
        Assert.Equal(accepted, told);
        Assert.Equal(("Marie CONFIANCE", "+33600000001", "SIS", TrustedPersonState.Accepted), (
            told.Name, told.PhoneNumber, told.RelationshipCode, told.State));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => sister.SearchIdsAsync(record.Id));
        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => sister.WishesAsync(record.Id));
        var events = (await patient.Audit.ListRecordEventsAsync(
            new() { RecordId = record.Id, PageSize = 200 }, cancellationToken: Token)).Events;
        var accept = Assert.Single(events, one => one.Method.EndsWith("AcceptTrustedPerson", StringComparison.Ordinal));
        Assert.Equal((ActorKind.TrustedPerson, "", AuditOutcome.Allowed), (accept.Actor.Kind, accept.Actor.Name, accept.Outcome));
    }

    [Fact]
    public async Task A_new_one_takes_the_place_when_accepting_and_either_side_ends_it()
    {
        var record = await platform.RecordAsync();
        var (patient, physician) = (platform.As(record.Patient), platform.As(record.Physician));
        var (first, second) = (platform.As(TestPatient.New()), platform.As(TestPatient.New()));
        await first.AcceptTrustAsync((await patient.NameAsync(record.Id)).Code);
        var taken = await patient.NameAsync(record.Id, "Pris RETIRE");
        var named = await patient.NameAsync(record.Id, "Paul SECOND");
        Assert.Equal("Marie CONFIANCE", (await physician.WishesAsync(record.Id)).TrustedPerson.Name);

        var accepted = await second.AcceptTrustAsync(named.Code);
        Assert.Equal("Paul SECOND", (await physician.WishesAsync(record.Id)).TrustedPerson.Name);
        Assert.Equal(
            [TrustedPersonState.Accepted, TrustedPersonState.Ended, TrustedPersonState.Ended],
            (await patient.TrustedPersonsAsync(record.Id)).Select(one => one.State));
        await Refusals.RefusedAsync(
            StatusCode.NotFound, ErrorReason.TrustedPersonCodeInvalid, () => second.AcceptTrustAsync(taken.Code));

        await Refusals.RefusedAsync(StatusCode.PermissionDenied, ErrorReason.RecordAccessDenied, () => first.EndTrustAsync(accepted));
        var ended = await second.EndTrustAsync(accepted);
        Assert.Equal((TrustedPersonState.Ended, "Paul SECOND"), (ended.State, ended.Name));
        Assert.Equal(ended, await second.EndTrustAsync(accepted));
        Assert.Null((await physician.WishesAsync(record.Id)).TrustedPerson);

        var third = await first.AcceptTrustAsync((await patient.NameAsync(record.Id)).Code);
        Assert.Equal(TrustedPersonState.Ended, (await patient.EndTrustAsync(third)).State);
        Assert.Null((await patient.WishesAsync(record.Id)).TrustedPerson);
        await Refusals.RefusedAsync(
            StatusCode.NotFound,
            ErrorReason.TrustedPersonNotFound,
            () => patient.EndTrustAsync(new TrustedPerson { RecordId = record.Id, TrustedPersonId = Given.NewId() }));
    }

    [Fact]
    public async Task Every_bad_code_is_refused_alike()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var somebody = platform.As(TestPatient.New());
        var used = await patient.NameAsync(record.Id);
        await somebody.AcceptTrustAsync(used.Code);
        var refused = await patient.NameAsync(record.Id);
        await somebody.Wishes.RefuseTrustedPersonAsync(
            new RefuseTrustedPersonRequest { Code = refused.Code, RequestId = Given.NewId() }, cancellationToken: Token);
        var withdrawn = await patient.NameAsync(record.Id);
        await patient.EndTrustAsync(withdrawn.TrustedPerson);
        var old = await patient.NameAsync(record.Id);
        await AgeAsync(old.TrustedPerson, "code_expire_time = now() - interval '1 second'");

        List<Google.Rpc.Status> answers = [];
        foreach (var code in new[] { used.Code, refused.Code, withdrawn.Code, old.Code, "x" })
        {
            answers.Add(await Refusals.RefusedAsync(
                StatusCode.NotFound, ErrorReason.TrustedPersonCodeInvalid, () => somebody.AcceptTrustAsync(code)));
            answers.Add(await Refusals.RefusedAsync(
                StatusCode.NotFound,
                ErrorReason.TrustedPersonCodeInvalid,
                async () => await somebody.Wishes.RefuseTrustedPersonAsync(
                    new RefuseTrustedPersonRequest { Code = code, RequestId = Given.NewId() }, cancellationToken: Token)));
        }

        Assert.Single(answers.Select(answer => answer.Message).Distinct());
        Assert.Equal(
            [TrustedPersonState.Expired, TrustedPersonState.Ended, TrustedPersonState.Refused, TrustedPersonState.Accepted],
            (await patient.TrustedPersonsAsync(record.Id)).Select(one => one.State));
    }

    [Fact]
    public async Task Nobody_is_the_own_trusted_person_and_no_minor_is_one()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        var named = await patient.NameAsync(record.Id);
        var minor = await platform.RecordAsync(TestPatient.NewMinor());
        foreach (var api in new[] { patient, platform.As(minor.Patient) })
        {
            await Refusals.RefusedAsync(
                StatusCode.PermissionDenied, ErrorReason.WishNotAllowed, () => api.AcceptTrustAsync(named.Code));
        }

        await Refusals.FieldsAsync(
            async () => await platform.As(TestPatient.New()).Wishes.AcceptTrustedPersonAsync(
                new AcceptTrustedPersonRequest { Code = named.Code, RequestId = Given.NewId() }, cancellationToken: Token),
            "confirms_adult_and_role");

        // A refusal leaves the code as it was.
        Assert.Equal(TrustedPersonState.Accepted, (await platform.As(TestPatient.New()).AcceptTrustAsync(named.Code)).State);
    }

    [Fact]
    public async Task A_designation_for_one_stay_ends_with_it()
    {
        var record = await platform.RecordAsync();
        var patient = platform.As(record.Patient);
        await Refusals.FieldsAsync(
            () => patient.NameAsync(record.Id, change: request =>
                request.StayEndTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(-1))),
            "stay_end_time");
        var named = await patient.NameAsync(record.Id, change: request =>
            request.StayEndTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(9)));
        var accepted = await platform.As(TestPatient.New()).AcceptTrustAsync(named.Code);
        Assert.Equal(accepted, (await platform.As(record.Physician).WishesAsync(record.Id)).TrustedPerson);

        await AgeAsync(accepted, "stay_end_time = now() - interval '1 second'");
        Assert.Null((await platform.As(record.Physician).WishesAsync(record.Id)).TrustedPerson);
        Assert.Equal(TrustedPersonState.Expired, Assert.Single(await patient.TrustedPersonsAsync(record.Id)).State);

        // It makes room for the next one.
        await platform.As(TestPatient.New()).AcceptTrustAsync((await patient.NameAsync(record.Id)).Code);
    }

    private async Task AgeAsync(TrustedPerson person, string change) => await platform.Server.QueryAsync<object>(
        platform,
        $"update trusted_person set {change} where record_id = '{person.RecordId}' "
        + $"and trusted_person_id = '{person.TrustedPersonId}' returning 1");
}
