using Dmp.Server.Audit;
using Dmp.Server.Care;
using Dmp.Server.CareTeams;
using Dmp.Server.Codes;
using Dmp.Server.Consents;
using Dmp.Server.Delegations;
using Dmp.Server.Documents;
using Dmp.Server.Emergencies;
using Dmp.Server.Entries;
using Dmp.Server.Events;
using Dmp.Server.Explanations;
using Dmp.Server.Facts;
using Dmp.Server.Intake;
using Dmp.Server.Interactions;
using Dmp.Server.Notices;
using Dmp.Server.Records;
using Dmp.Server.Search;
using Dmp.Server.Wishes;

namespace Dmp.Server.Startup;

/// <summary>The class of each method of the contract. They hold nothing of a call, so that there is one of each.</summary>
internal static class MethodSetup
{
    public static void AddMethods(this IServiceCollection services)
    {
        services.AddSingleton<ListRecordEvents>();
        services.AddSingleton<ListActorEvents>();
        services.AddSingleton<ListCallEvents>();
        services.AddSingleton<GetCheckpoint>();
        services.AddSingleton<GetConsistencyProof>();
        services.AddSingleton<GetInclusionProof>();
        services.AddSingleton<ExportRecordEvents>();

        services.AddSingleton<RecognizeCareTeam>();
        services.AddSingleton<RegisterCareTeam>();
        services.AddSingleton<SetCareTeamMembers>();
        services.AddSingleton<ListCareTeams>();

        services.AddSingleton<GrantConsent>();
        services.AddSingleton<DeclareConsent>();
        services.AddSingleton<RevokeConsent>();
        services.AddSingleton<ResignAttendingPhysician>();
        services.AddSingleton<ReapproveConsents>();
        services.AddSingleton<ListConsents>();
        services.AddSingleton<BlockActor>();
        services.AddSingleton<UnblockActor>();
        services.AddSingleton<ListBlocks>();
        services.AddSingleton<GetConsentSettings>();
        services.AddSingleton<UpdateConsentSettings>();
        services.AddSingleton<AddVisibilityRule>();
        services.AddSingleton<RemoveVisibilityRule>();
        services.AddSingleton<ListVisibilityRules>();

        services.AddSingleton<InviteDelegate>();
        services.AddSingleton<AcceptDelegation>();
        services.AddSingleton<RefuseDelegation>();
        services.AddSingleton<RevokeDelegation>();
        services.AddSingleton<ListDelegations>();
        services.AddSingleton<SetGuardianship>();

        services.AddSingleton<GetWishes>();
        services.AddSingleton<ListWishVersions>();
        services.AddSingleton<SetEmergencyContacts>();
        services.AddSingleton<StateOrganDonation>();
        services.AddSingleton<StateAdvanceDirectives>();
        services.AddSingleton<RevokeWish>();
        services.AddSingleton<InviteTrustedPerson>();
        services.AddSingleton<AcceptTrustedPerson>();
        services.AddSingleton<RefuseTrustedPerson>();
        services.AddSingleton<EndTrustedPerson>();
        services.AddSingleton<ListTrustedPersons>();

        services.AddSingleton<AddOwnEntry>();

        services.AddSingleton<UploadDocument>();
        services.AddSingleton<ImportDocuments>();
        services.AddSingleton<FindMissingContent>();
        services.AddSingleton<GetUploadStatus>();
        services.AddSingleton<CancelUpload>();
        services.AddSingleton<ReadDocument>();
        services.AddSingleton<GetDocument>();
        services.AddSingleton<SearchDocuments>();
        services.AddSingleton<GetSubmissionSet>();
        services.AddSingleton<ListSubmissionSets>();
        services.AddSingleton<MaskDocument>();
        services.AddSingleton<UnmaskDocument>();
        services.AddSingleton<RevealDocument>();
        services.AddSingleton<HideDocument>();
        services.AddSingleton<ArchiveDocument>();
        services.AddSingleton<UnarchiveDocument>();
        services.AddSingleton<DeleteDocument>();

        services.AddSingleton<OpenEmergencyAccess>();
        services.AddSingleton<FindRecords>();
        services.AddSingleton<ListEmergencyAccesses>();
        services.AddSingleton<ListUnacknowledgedAccesses>();
        services.AddSingleton<AcknowledgeEmergencyAccess>();

        services.AddSingleton<Subscribe>();
        services.AddSingleton<Pull>();
        services.AddSingleton<CommitPosition>();
        services.AddSingleton<GetPosition>();

        services.AddSingleton<ExplainAccess>();
        services.AddSingleton<ListWhoCanSee>();
        services.AddSingleton<SimulateAccess>();
        services.AddSingleton<ListFunctions>();

        services.AddSingleton<ListFacts>();

        services.AddSingleton<CheckInteractions>();
        services.AddSingleton<CheckRecordInteractions>();

        services.AddSingleton<GetMedicationStatement>();

        services.AddSingleton<GetEmergencySummary>();

        services.AddSingleton<FindComparableExams>();
        services.AddSingleton<GetTrend>();
        services.AddSingleton<GetTimeline>();

        services.AddSingleton<SearchContent>();

        services.AddSingleton<LookupCodes>();
        services.AddSingleton<ListConcepts>();
        services.AddSingleton<ListCodeLists>();

        services.AddSingleton<GetNoticePreferences>();
        services.AddSingleton<UpdateNoticePreferences>();
        services.AddSingleton<ListNotices>();
        services.AddSingleton<GetNoticeContact>();
        services.AddSingleton<SetNoticeContact>();
        services.AddSingleton<ListDeadLetters>();
        services.AddSingleton<RetryNotice>();

        services.AddSingleton<OpenRecord>();
        services.AddSingleton<GetRecord>();
        services.AddSingleton<CheckAccess>();
        services.AddSingleton<ListRecords>();
        services.AddSingleton<UpdateRecord>();
        services.AddSingleton<CloseRecord>();
        services.AddSingleton<ReopenRecord>();
    }
}
