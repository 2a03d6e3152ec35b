using Dmp.CareTeam.V1;

namespace Dmp.Client;

public sealed partial class DmpClient
{
    /// <summary>The patient recognises people as a team. It opens nothing by itself: grant the team a consent.</summary>
    /// <param name="request">Record, name and members; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The team.</returns>
    public async Task<PatientCareTeam> RecognizeCareTeamAsync(
        RecognizeCareTeamRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RecognizeCareTeamRequest, RecognizeCareTeamResponse>(
            CareTeams.RecognizeCareTeamAsync, request, cancellationToken).ConfigureAwait(false)).CareTeam;

    /// <summary>An operator registers a formal team.</summary>
    /// <param name="request">Name and members; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The team.</returns>
    public async Task<PatientCareTeam> RegisterCareTeamAsync(
        RegisterCareTeamRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<RegisterCareTeamRequest, RegisterCareTeamResponse>(
            CareTeams.RegisterCareTeamAsync, request, cancellationToken).ConfigureAwait(false)).CareTeam;

    /// <summary>Replaces the members of a team.</summary>
    /// <param name="request">Team, etag and members; an empty <c>request_id</c> is filled in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The changed team.</returns>
    public async Task<PatientCareTeam> SetCareTeamMembersAsync(
        SetCareTeamMembersRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<SetCareTeamMembersRequest, SetCareTeamMembersResponse>(
            CareTeams.SetCareTeamMembersAsync, request, cancellationToken).ConfigureAwait(false)).CareTeam;

    /// <summary>Lists the teams that have to do with a record.</summary>
    /// <param name="request">The record.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The teams, oldest first.</returns>
    public async Task<IReadOnlyList<PatientCareTeam>> ListCareTeamsAsync(
        ListCareTeamsRequest request, CancellationToken cancellationToken = default) =>
        (await CallAsync<ListCareTeamsRequest, ListCareTeamsResponse>(
            CareTeams.ListCareTeamsAsync, request, cancellationToken).ConfigureAwait(false)).CareTeams;
}
